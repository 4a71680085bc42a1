//! The folder of journals as a file system keeps it: what a process writes outlives the process, and what was not synced
//! may be lost or torn by a power failure. A file's name is on the disk when its folder is, and changes of names reach it
//! in their order.

use std::{collections::BTreeMap, time::Duration};

use crate::dice::Dice;

/// The longest that a line waits for its way to the disk, and the most lines that do: as `FileJournal` has it.
pub(crate) const SYNC_WITHIN: Duration = Duration::from_secs(1);
const LINES_PER_SYNC: u32 = 8;

#[derive(Default)]
pub(crate) struct Disk {
    files: BTreeMap<u64, Data>,
    names: BTreeMap<String, u64>,
    synced_names: BTreeMap<String, u64>,
    /// Since the folder was synced.
    changes: Vec<Change>,
    next: u64,
}

#[derive(Default)]
struct Data {
    bytes: Vec<u8>,
    synced: Vec<u8>,
    /// When a thread of the process that has it open will sync it, and how many lines wait for that.
    due: Option<(Duration, u32)>,
}

enum Change {
    Link(String, u64),
    Unlink(String),
    /// Both at once: there is no moment at which the file has neither name.
    Rename(String, String),
}

impl Change {
    fn apply(self, names: &mut BTreeMap<String, u64>) {
        match self {
            Self::Link(name, file) => names.insert(name, file),
            Self::Unlink(name) => names.remove(&name),
            Self::Rename(from, to) => names.remove(&from).and_then(|file| names.insert(to, file)),
        };
    }
}

impl Disk {
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.keys().cloned().collect()
    }

    pub(crate) fn read(&self, name: &str) -> Option<&[u8]> {
        Some(&self.files[self.names.get(name)?].bytes)
    }

    fn data(&mut self, name: &str) -> &mut Data {
        let file = self.names.get(name).and_then(|file| self.files.get_mut(file));
        file.expect("what is written to exists")
    }

    pub(crate) fn create(&mut self, name: &str) {
        assert!(!self.names.contains_key(name), "{name} is created over another file");
        self.next += 1;
        self.files.insert(self.next, Data::default());
        self.link(name, self.next);
    }

    pub(crate) fn append(&mut self, name: &str, bytes: &[u8]) {
        self.data(name).bytes.extend_from_slice(bytes);
    }

    pub(crate) fn truncate(&mut self, name: &str, len: u64) {
        self.data(name).bytes.truncate(len as usize);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        if self.names.remove(name).is_some() {
            self.changes.push(Change::Unlink(name.into()));
        }
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let file = self.names.remove(from).expect("what is renamed exists");
        self.names.insert(to.into(), file);
        self.changes.push(Change::Rename(from.into(), to.into()));
    }

    fn link(&mut self, name: &str, file: u64) {
        self.names.insert(name.into(), file);
        self.changes.push(Change::Link(name.into(), file));
    }

    pub(crate) fn sync(&mut self, name: &str) {
        self.data(name).sync();
    }

    pub(crate) fn sync_folder(&mut self) {
        self.synced_names.clone_from(&self.names);
        self.changes.clear();
    }

    /// Has a thread sync it within the time that is promised.
    pub(crate) fn sync_soon(&mut self, name: &str, now: Duration) {
        let data = self.data(name);
        let (until, lines) = data.due.unwrap_or((now + SYNC_WITHIN, 0));
        data.due = Some((until, lines + 1));
        if lines + 1 >= LINES_PER_SYNC {
            data.sync();
        }
    }

    pub(crate) fn next_sync(&self) -> Option<Duration> {
        self.files.values().filter_map(|data| Some(data.due?.0)).min()
    }

    pub(crate) fn sync_due(&mut self, now: Duration) {
        for data in self.files.values_mut().filter(|data| data.due.is_some_and(|(until, _)| until <= now)) {
            data.sync();
        }
    }

    /// The process is gone, and its threads with it; the system has all that was written.
    pub(crate) fn kill(&mut self) {
        self.files.values_mut().for_each(|data| data.due = None);
    }

    pub(crate) fn lose_power(&mut self, dice: &mut Dice) {
        let kept = dice.index(self.changes.len() + 1);
        let mut names = std::mem::take(&mut self.synced_names);
        self.changes.drain(..).take(kept).for_each(|change| change.apply(&mut names));
        self.synced_names.clone_from(&names);
        self.names = names;
        self.files.retain(|file, _| self.names.values().any(|named| named == file));
        self.files.values_mut().for_each(|data| data.lose_power(dice));
    }
}

impl Data {
    fn sync(&mut self) {
        self.synced.clone_from(&self.bytes);
        self.due = None;
    }

    fn lose_power(&mut self, dice: &mut Dice) {
        self.due = None;
        if !self.bytes.starts_with(&self.synced) {
            // It was cut off, and the cut is on the disk or not.
            if dice.percent(50) {
                self.bytes.clone_from(&self.synced);
            }
        } else {
            let unsynced = self.bytes.len() - self.synced.len();
            let kept = self.synced.len() + [0, unsynced, dice.index(unsynced + 1)][dice.index(3)];
            self.bytes.truncate(kept);
            // Its length got to the disk, and some of its blocks did not.
            if kept > self.synced.len() && dice.percent(20) {
                let hole = self.synced.len() + dice.index(kept - self.synced.len());
                let end = hole + dice.index(kept - hole) + 1;
                self.bytes[hole..end].fill(0);
            }
        }
        self.synced.clone_from(&self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_synced_outlives_a_power_failure_and_the_rest_need_not() {
        let (mut lost, mut kept, mut torn) = (false, false, false);
        for seed in 0..100 {
            let (mut dice, mut disk) = (Dice::new(seed), Disk::default());
            disk.create("a");
            disk.append("a", b"synced");
            disk.sync("a");
            disk.sync_folder();
            disk.append("a", b"-not");
            disk.create("b");
            disk.lose_power(&mut dice);
            let bytes = disk.read("a").unwrap();
            assert!(bytes.starts_with(b"synced"), "{seed}");
            lost |= bytes.len() == 6 && disk.read("b").is_none();
            kept |= bytes == b"synced-not" && disk.read("b").is_some();
            torn |= bytes.len() > 6 && bytes.len() < 10;
        }
        assert!(lost && kept && torn);
    }
}
