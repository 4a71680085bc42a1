//! What the platform was sent and the process was told, and what must hold between the two at every request.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use upload_core::{
    Event, Plan,
    proto::{CompleteRequest, ETag, PartNumber},
};

use crate::{
    disk::SYNC_WITHIN,
    server::{self, Server},
};

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Initiate,
    Put(String, PartNumber),
    Complete(String),
    Validate(String),
    Abort(String),
}

#[derive(Default)]
pub(crate) struct Books {
    /// Requests under way.
    live: BTreeSet<Op>,
    limit: usize,
    most_attempts: u32,
    attempts: BTreeMap<Op, u32>,
    /// The machine has said its last, or has none begun.
    ended: bool,
    aborting: bool,
    plans: BTreeMap<String, Plan>,
    /// What the process was last told each part is called.
    etags: BTreeMap<(String, PartNumber), ETag>,
    /// Uploads that are known to be complete, unless whoever knew it died before it was on the disk.
    complete: BTreeSet<String>,
    /// Uploads that were written down before anything else happened.
    written: BTreeSet<String>,
    /// Parts whose line was written.
    lines: Vec<Line>,
}

struct Line {
    upload: String,
    part: PartNumber,
    at: Duration,
    /// Whether it was old enough to be on the disk when its process ended; `None` before.
    synced: Option<bool>,
}

impl Books {
    /// A machine starts, or a single call of at most so many attempts.
    pub(crate) fn begin(&mut self, limit: usize, most_attempts: u32) {
        self.attempts.clear();
        self.live.clear();
        (self.limit, self.most_attempts, self.ended, self.aborting) = (limit, most_attempts, false, false);
    }

    pub(crate) fn end(&mut self) {
        assert!(self.live.is_empty(), "it ended with requests in flight: {:?}", self.live);
        self.ended = true;
    }

    /// A request is about to be sent.
    pub(crate) fn send(&mut self, op: &Op, attempt: u32, server: &Server) {
        assert!(!self.ended, "{op} after the end");
        let attempts = self.attempts.entry(op.clone()).or_default();
        *attempts += 1;
        assert_eq!(*attempts, attempt, "{op} counts its attempts wrongly");
        assert!(attempt <= self.most_attempts, "{op} is tried too often");
        assert!(!self.live.contains(op), "{op} twice at once");
        match op {
            Op::Put(upload, part) => {
                assert!(!self.aborting, "{op} after the abort");
                assert!(self.live.len() < self.limit, "{op} makes more than {} at once", self.limit);
                let known = self.lines.iter().find(|line| line.upload == *upload && line.part == *part);
                assert!(known.is_none(), "{op}, although its journal had it as stored");
            }
            Op::Complete(upload) => assert!(!self.complete.contains(upload), "{op}, although it is"),
            Op::Abort(upload) => {
                self.aborting = true;
                // Where the platform has no `validate`, nobody can know.
                let is_object = server.uploads[upload].state == server::State::Completed;
                assert!(!is_object || !server.validates || self.limit == 0, "{op}, although it is an object");
            }
            Op::Initiate | Op::Validate(_) => {}
        }
        if !matches!(op, Op::Put(..)) {
            assert!(self.live.is_empty(), "{op} while others are in flight: {:?}", self.live);
        }
        self.live.insert(op.clone());
    }

    pub(crate) fn over(&mut self, op: &Op) {
        self.live.remove(op);
    }

    /// What complete is about to ask for.
    pub(crate) fn check_complete(&self, request: &CompleteRequest) {
        let upload = request.upload_id.as_str();
        let listed = request.parts.iter().map(|part| part.part_number);
        assert!(listed.eq(self.plans[upload].part_numbers()), "complete lists every part once, ascending");
        for part in &request.parts {
            let told = &self.etags[&(upload.to_owned(), part.part_number)];
            assert_eq!(part.etag, *told, "complete lists the ETag of the last PUT of {}", part.part_number);
        }
    }

    pub(crate) fn stored(&mut self, upload: &str, part: PartNumber, etag: &ETag) {
        self.etags.insert((upload.to_owned(), part), etag.clone());
    }

    pub(crate) fn completed(&mut self, upload: &str) {
        self.complete.insert(upload.to_owned());
    }

    /// The process has written down what it was to write down of this event.
    pub(crate) fn observed(&mut self, event: &Event, upload: Option<&str>, now: Duration) {
        match (event, upload) {
            (Event::Opened(checkpoint), _) => {
                let upload = checkpoint.upload_id.to_string();
                self.plans.insert(upload.clone(), checkpoint.plan);
                self.written.insert(upload);
            }
            (Event::PartStored { part, .. }, Some(upload)) => {
                let (upload, part) = (upload.to_owned(), *part);
                self.lines.push(Line { upload, part, at: now, synced: None });
            }
            _ => {}
        }
    }

    pub(crate) fn die(&mut self, now: Duration) {
        self.live.clear();
        self.complete.clear();
        self.process_over(now);
    }

    pub(crate) fn process_over(&mut self, now: Duration) {
        for line in &mut self.lines {
            line.synced.get_or_insert(line.at + SYNC_WITHIN < now);
        }
    }

    pub(crate) fn lose_power(&mut self) {
        self.complete.clear();
        self.lines.retain(|line| line.synced == Some(true));
    }

    /// The parts that a journal has to have.
    pub(crate) fn parts_of<'a>(&'a self, upload: &'a str) -> impl Iterator<Item = PartNumber> + 'a {
        self.lines.iter().filter(move |line| line.upload == upload).map(|line| line.part)
    }

    pub(crate) fn is_written(&self, upload: &str) -> bool {
        self.written.contains(upload)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initiate => f.write_str("initiate"),
            Self::Put(upload, part) => write!(f, "part {part} of {upload}"),
            Self::Complete(upload) => write!(f, "complete {upload}"),
            Self::Validate(upload) => write!(f, "validate {upload}"),
            Self::Abort(upload) => write!(f, "abort {upload}"),
        }
    }
}
