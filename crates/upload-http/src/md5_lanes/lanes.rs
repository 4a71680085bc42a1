//! Which parts are to be hashed, and which of them together.

use std::{collections::BTreeMap, sync::Arc};

use futures::channel::oneshot;
use upload_core::{ByteRange, SourceError};

use super::engine::{Engine, State};
use crate::file_source::Opened;

/// So many parts fill the vectors: fewer cost as much, and so do more that are no multiple of it.
const WIDTH: usize = 8;

/// What comes of a lane.
pub(super) type Md5 = Result<[u8; 16], SourceError>;

/// Parts whose digests somebody will need, or may.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    next: u64,
    /// The oldest first.
    open: BTreeMap<u64, Lane>,
    /// A digest was asked for, so the others will be. Before, perhaps none is: the storage's ETags may be no MD5s.
    are_wanted: bool,
    pub(super) has_thread: bool,
    pub(super) is_closed: bool,
}

/// A part of a file to be hashed.
#[derive(Debug)]
pub(super) struct Lane {
    file: Arc<Opened>,
    /// What of it is not hashed yet.
    left: ByteRange,
    state: State,
    has_begun: bool,
    is_asked_for: bool,
    done: oneshot::Sender<Md5>,
}

impl Lane {
    pub(super) fn new(file: Arc<Opened>, left: ByteRange, state: State, done: oneshot::Sender<Md5>) -> Self {
        Self { file, left, state, has_begun: false, is_asked_for: false, done }
    }
}

/// What is hashed together.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) jobs: Vec<Job>,
    /// What each part's bytes before these have come to.
    pub(super) states: Vec<State>,
    /// How many bytes of each.
    pub(super) len: usize,
}

/// The next bytes of a part, to be hashed beside those of others.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) file: Arc<Opened>,
    pub(super) offset: u64,
    /// Whether these are its last.
    pub(super) is_last: bool,
}

impl Lanes {
    pub(super) fn open(&mut self, lane: Lane) -> u64 {
        let number = self.next;
        self.next += 1;
        self.open.insert(number, lane);
        number
    }

    /// Whether there are whole vectors of them, and digests are asked for at all.
    pub(super) fn have_enough(&self) -> bool {
        self.are_wanted && self.open.len() >= WIDTH
    }

    pub(super) fn ask_for(&mut self, number: u64) {
        self.are_wanted = true;
        if let Some(lane) = self.open.get_mut(&number) {
            lane.is_asked_for = true;
        }
    }

    pub(super) fn give_up(&mut self, number: u64) {
        self.open.remove(&number);
    }

    /// The thread is gone, with whatever it had.
    pub(super) fn end(&mut self) {
        self.has_thread = false;
        self.open.clear();
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.open.clear();
    }

    /// Takes as many bytes, `most` at the most, of each part that is hashed next: whole vectors of parts, or all there are where
    /// one of them is asked for. Those that have begun go on first, so that they stay together.
    pub(super) fn take(&mut self, most: usize) -> Step {
        let is_urgent = self.open.values().any(|lane| lane.is_asked_for);
        let open = self.open.len();
        let width = match self.have_enough() {
            true => (open - open % WIDTH).min(Engine::WIDEST),
            false if is_urgent => open,
            false => 0,
        };
        let mut order: Vec<_> = self.open.iter_mut().collect();
        order.sort_by_key(|(number, lane)| (!lane.has_begun, !lane.is_asked_for, **number));
        order.truncate(width);
        let len = order.iter().map(|(_, lane)| lane.left.len).min().unwrap_or(0).min(most as u64);
        let mut step = Step { len: usize::try_from(len).unwrap_or(most), ..Step::default() };
        for (number, lane) in order {
            lane.has_begun = true;
            let offset = lane.left.offset;
            lane.left = ByteRange { offset: offset + len, len: lane.left.len - len };
            let is_last = lane.left.len == 0;
            step.jobs.push(Job { number: *number, file: lane.file.clone(), offset, is_last });
            step.states.push(lane.state.clone());
        }
        step
    }

    /// What came of a job. Its part may have been given up meanwhile.
    pub(super) fn settle(&mut self, job: &Job, state: State, read: Result<(), SourceError>) {
        if read.is_ok() && !job.is_last {
            if let Some(lane) = self.open.get_mut(&job.number) {
                lane.state = state;
            }
        } else if let Some(lane) = self.open.remove(&job.number) {
            // Nobody may be interested any more.
            let _ = lane.done.send(read.map(|()| state.finish()));
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use upload_core::Source as _;

    use super::*;
    use crate::FileSource;

    /// Lanes of 10 bytes each.
    fn lanes(count: usize) -> (Lanes, Vec<oneshot::Receiver<Md5>>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; 10]).unwrap();
        let source = FileSource::open(file.path()).unwrap();
        let file: Arc<Opened> = source.origin().unwrap().downcast().unwrap();
        let mut lanes = Lanes::default();
        let range = ByteRange { offset: 0, len: 10 };
        let receivers = (0..count).map(|_| {
            let (done, receiver) = oneshot::channel();
            lanes.open(Lane::new(file.clone(), range, Engine::new().start(), done));
            receiver
        });
        let receivers = receivers.collect();
        (lanes, receivers)
    }

    fn numbers(jobs: &[Job]) -> Vec<u64> {
        jobs.iter().map(|job| job.number).collect()
    }

    #[test]
    fn nothing_is_taken_before_a_digest_is_asked_for_and_then_all_there_are() {
        let (mut lanes, _receivers) = lanes(3);
        assert!(lanes.take(4).jobs.is_empty());
        lanes.ask_for(1);
        let Step { jobs, len, .. } = lanes.take(4);
        assert_eq!((numbers(&jobs), len), (vec![1, 0, 2], 4));
        let Step { jobs, len, .. } = lanes.take(100);
        assert_eq!((jobs.len(), jobs[0].offset, len, jobs[0].is_last), (3, 4, 6, true));
    }

    #[test]
    fn once_one_was_asked_for_whole_vectors_are_taken_of_others_too() {
        let (mut lanes, _receivers) = lanes(9);
        assert!(lanes.take(4).jobs.is_empty());
        lanes.ask_for(8);
        assert_eq!(numbers(&lanes.take(4).jobs), [8, 0, 1, 2, 3, 4, 5, 6]);
        lanes.give_up(8);
        assert_eq!(
            numbers(&lanes.take(4).jobs),
            [0, 1, 2, 3, 4, 5, 6, 7],
            "nobody waits, but there are eight"
        );
        lanes.give_up(0);
        assert!(lanes.take(4).jobs.is_empty());
    }
}
