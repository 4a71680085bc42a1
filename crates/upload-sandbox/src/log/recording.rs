use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use super::{HostKind, RequestLog};
use crate::{Mistake, Operation};

/// What a request's head tells.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) host: HostKind,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operation: Operation,
    pub(crate) part_number: Option<u32>,
    pub(crate) upload_id: Option<String>,
    pub(crate) headers: Vec<String>,
}

/// A request being answered. Dropping it, answered or not, ends its time in flight.
#[derive(Debug)]
pub(crate) struct Recording {
    log: Arc<RequestLog>,
    seq: u64,
    is_part: bool,
    began: Instant,
    bytes: Arc<AtomicU64>,
}

impl Recording {
    pub(super) fn new(log: Arc<RequestLog>, seq: u64, is_part: bool) -> Self {
        Self { log, seq, is_part, began: Instant::now(), bytes: Arc::default() }
    }

    /// Where whoever reads the body counts its bytes.
    pub(crate) fn byte_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// Notes the name of the fault it was given.
    pub(crate) fn fault(&self, name: &'static str) {
        self.log.update(self.seq, |entry| entry.fault = Some(name));
    }

    pub(crate) fn answered(&self, status: u16, error_code: Option<&str>, mistake: Option<Mistake>) {
        self.log.update(self.seq, |entry| {
            entry.status = Some(status);
            entry.error_code = error_code.map(str::to_owned);
            entry.mistake = mistake;
            if let Some(mistake) = mistake {
                tracing::warn!(
                    mistake = mistake.name(),
                    method = entry.method,
                    path = entry.path,
                    status,
                    "documented mistake: {}",
                    mistake.remedy()
                );
            } else {
                tracing::debug!(
                    operation = entry.operation.name(),
                    method = entry.method,
                    path = entry.path,
                    status,
                    error_code,
                    "answered"
                );
            }
        });
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let took = self.began.elapsed().as_secs_f64() * 1e3;
        let bytes = self.bytes.load(Relaxed);
        self.log.update(self.seq, |entry| {
            entry.duration_ms = Some(took);
            entry.bytes = bytes;
        });
        self.log.end(self.is_part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> Seen {
        Seen {
            host: HostKind::Storage,
            method: "PUT".into(),
            path: "/uploads/k".into(),
            operation: Operation::PutPart,
            part_number: Some(1),
            upload_id: None,
            headers: Vec::new(),
        }
    }

    #[test]
    fn a_request_without_an_answer_is_over_when_its_recording_is_dropped() {
        let log = RequestLog::new();
        let first = log.begin(part());
        let second = log.begin(part());
        first.answered(200, None, None);
        drop(first);
        drop(second);
        let third = log.begin(part());
        let entries = log.entries();
        assert_eq!(entries.iter().map(|e| e.parts_in_flight).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!(entries.iter().map(|e| e.status).collect::<Vec<_>>(), [Some(200), None, None]);
        assert!(entries[1].duration_ms.is_some() && entries[2].duration_ms.is_none());
        assert_eq!(log.max_parts_in_flight(), 2);
        drop(third);
    }
}
