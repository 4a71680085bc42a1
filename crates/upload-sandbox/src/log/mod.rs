//! What the sandbox was asked, and what it answered.

mod entry;
mod recording;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

pub use entry::{HostKind, LogEntry, LogSnapshot};
pub(crate) use recording::{Recording, Seen};

/// How many requests are remembered; older ones are dropped and counted.
const KEPT: usize = 100_000;

/// A bounded log of requests, oldest first.
#[derive(Debug)]
pub(crate) struct RequestLog {
    started: Instant,
    entries: Mutex<Ring>,
    in_flight: AtomicU32,
    parts_in_flight: AtomicU32,
    max_parts_in_flight: AtomicU32,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<LogEntry>,
    dropped: u64,
}

impl Ring {
    fn get_mut(&mut self, seq: u64) -> Option<&mut LogEntry> {
        let index = usize::try_from(seq.checked_sub(self.dropped)?).ok()?;
        self.entries.get_mut(index)
    }
}

impl RequestLog {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            entries: Mutex::default(),
            in_flight: AtomicU32::new(0),
            parts_in_flight: AtomicU32::new(0),
            max_parts_in_flight: AtomicU32::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request whose head has arrived. It counts as in flight until the recording is dropped.
    pub(crate) fn begin(self: &Arc<Self>, seen: Seen) -> Recording {
        let is_part = seen.operation == crate::Operation::PutPart;
        let parts_in_flight =
            self.parts_in_flight.fetch_add(u32::from(is_part), Relaxed) + u32::from(is_part);
        self.max_parts_in_flight.fetch_max(parts_in_flight, Relaxed);
        let in_flight = self.in_flight.fetch_add(1, Relaxed) + 1;
        let mut ring = self.lock();
        let seq = ring.dropped + ring.entries.len() as u64;
        ring.entries.push_back(LogEntry {
            seq,
            at_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            host: seen.host,
            method: seen.method,
            path: seen.path,
            operation: seen.operation,
            part_number: seen.part_number,
            upload_id: seen.upload_id,
            headers: seen.headers,
            in_flight,
            parts_in_flight,
            status: None,
            error_code: None,
            mistake: None,
            fault: None,
            bytes: 0,
            duration_ms: None,
        });
        if ring.entries.len() > KEPT {
            ring.entries.pop_front();
            ring.dropped += 1;
        }
        drop(ring);
        Recording::new(Arc::clone(self), seq, is_part)
    }

    fn update(&self, seq: u64, change: impl FnOnce(&mut LogEntry)) {
        if let Some(entry) = self.lock().get_mut(seq) {
            change(entry);
        }
    }

    fn end(&self, is_part: bool) {
        self.in_flight.fetch_sub(1, Relaxed);
        self.parts_in_flight.fetch_sub(u32::from(is_part), Relaxed);
    }

    pub(crate) fn entries(&self) -> Vec<LogEntry> {
        self.lock().entries.iter().cloned().collect()
    }

    pub(crate) fn max_parts_in_flight(&self) -> u32 {
        self.max_parts_in_flight.load(Relaxed)
    }

    pub(crate) fn snapshot(&self) -> LogSnapshot {
        let ring = self.lock();
        LogSnapshot {
            dropped: ring.dropped,
            max_parts_in_flight: self.max_parts_in_flight(),
            entries: ring.entries.iter().cloned().collect(),
        }
    }
}
