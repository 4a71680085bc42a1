//! A journal on the disk, written as `FileJournal` writes it: which lines, and which of them are synced when, the crate
//! says.

use upload_core::{
    Checkpoint, Durability, Event, FileIdentity, JOURNAL_VERSION, Journal, Opened, Outcome, Record,
};

use crate::world::World;

pub(crate) struct SimJournal {
    world: World,
    name: String,
    /// Its upload.
    pub(crate) upload: String,
}

impl SimJournal {
    pub(crate) fn create(world: &World, name: &str, file: FileIdentity, checkpoint: &Checkpoint) -> Self {
        let record = Record::Opened(Box::new(Opened {
            version: JOURNAL_VERSION,
            api: "https://api".into(),
            partner: "fd1".into(),
            at: world.state().time.wall_millis(),
            file: Some(file),
            checkpoint: checkpoint.clone(),
        }));
        world.write(format!("create {name}"), |disk| disk.create(name));
        let line = record.to_line().unwrap();
        world.write("write its first line", |disk| disk.append(name, line.as_bytes()));
        if record.durability() == Durability::Now {
            world.write("sync it", |disk| disk.sync(name));
            world.write("sync its folder", |disk| disk.sync_folder());
        }
        let upload = checkpoint.upload_id.to_string();
        Self { world: world.clone(), name: name.into(), upload }
    }

    pub(crate) fn go_on(world: &World, name: &str, journal: &Journal) -> Self {
        world.write(format!("cut to {} bytes", journal.valid_len), |disk| {
            disk.truncate(name, journal.valid_len);
        });
        world.write("sync it", |disk| disk.sync(name));
        world.write("sync its folder", |disk| disk.sync_folder());
        let upload = journal.checkpoint.upload_id.to_string();
        Self { world: world.clone(), name: name.into(), upload }
    }

    pub(crate) fn observe(&mut self, event: &Event) {
        let now = self.world.state().time.wall_millis();
        if let Some(record) = Record::of_event(event, now) {
            self.append(&record);
        }
    }

    pub(crate) fn settle(self, outcome: &Outcome) {
        if let Some(record) = Record::of_outcome(outcome) {
            self.append(&record);
            self.world.write("remove it", |disk| disk.remove(&self.name));
        }
    }

    fn append(&self, record: &Record) {
        let (name, line) = (&self.name, record.to_line().unwrap());
        self.world
            .write(format!("write {}", line[9..].trim_end()), |disk| disk.append(name, line.as_bytes()));
        match record.durability() {
            Durability::Now => self.world.write("sync it", |disk| disk.sync(name)),
            Durability::Soon => {
                let now = self.world.state().time.now;
                self.world.write("have it synced soon", |disk| disk.sync_soon(name, now));
            }
            Durability::Sometime => {}
        }
    }
}
