use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use upload_core::{
    Attempts, Failure, RetryPolicy, Retrying, Step, TransportError, TransportErrorKind as Kind,
};
use upload_http::{ApiClient, TokioClock};

use super::{JOB, options::IngestOptions};
use crate::{
    ingest::Batch,
    output::{Note, Reporter},
};

/// How long a batch that is under way may still take once the run is cancelled.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends batches.
pub(super) struct Delivery<'a> {
    pub(super) api: &'a ApiClient,
    pub(super) options: &'a IngestOptions,
    pub(super) reporter: &'a dyn Reporter,
}

/// A batch's end.
pub(super) struct Delivered {
    pub(super) fate: Fate,
    /// How often it was sent.
    pub(super) attempts: u32,
}

/// What became of a batch.
pub(super) enum Fate {
    Accepted,
    /// Its content was: another batch may fare better.
    Refused(Failure),
    /// It may have arrived.
    Unknown(Option<Failure>),
    /// It has not arrived, and neither would another.
    NotSent(Option<Failure>),
}

impl Delivery<'_> {
    /// Sends a batch, patiently. When cancelled, a request that is under way may still end: cut off, nobody would know what
    /// became of it.
    pub(super) async fn send(&self, batch: &Batch, body: Bytes, cancel: &CancellationToken) -> Delivered {
        let IngestOptions { input, delivery, label, .. } = self.options;
        let (sent, under_way) = (AtomicU32::new(0), AtomicBool::new(false));
        let attempts = Attempts {
            clock: &TokioClock,
            policy: RetryPolicy::default(),
            delivery: *delivery,
            step: Step::Ingest,
            seed: fastrand::u64(..),
        };
        let observe = |retrying: &Retrying<'_>| {
            under_way.store(false, Relaxed);
            let reason = retrying.error.to_string();
            self.reporter.report(
                JOB,
                &Note::Retry {
                    file: label,
                    part_number: None,
                    step: format!("sending batch {}", batch.number),
                    reason: &reason,
                    attempt: retrying.attempt,
                    wait_seconds: retrying.wait.as_secs_f64(),
                },
            );
        };
        let send = |attempt| {
            sent.store(attempt, Relaxed);
            under_way.store(true, Relaxed);
            self.api.ingest(attempt, input.kind, body.clone())
        };
        let mut sending = std::pin::pin!(attempts.run(observe, send));
        let result = tokio::select! {
            result = &mut sending => Some(result),
            () = cancel.cancelled() => match under_way.load(Relaxed) {
                false => None,
                true => tokio::select! {
                    result = &mut sending => Some(result),
                    () = tokio::time::sleep(PATIENCE) => None,
                },
            },
        };
        let fate = match result {
            Some(Ok(_)) => Fate::Accepted,
            Some(Err(failure)) => fate_of(failure),
            None if under_way.load(Relaxed) => Fate::Unknown(None),
            None => Fate::NotSent(None),
        };
        Delivered { fate, attempts: sent.load(Relaxed) }
    }
}

fn fate_of(failure: Failure) -> Fate {
    match failure.transport_kind() {
        Some(Kind::Rejected) => Fate::Refused(failure),
        Some(kind) if kind.leaves_outcome_unknown() => Fate::Unknown(Some(failure)),
        _ => Fate::NotSent(Some(failure)),
    }
}

/// The request's error in a failure.
pub(super) fn cause(failure: &Failure) -> Option<&TransportError> {
    match failure {
        Failure::Request { error, .. } => Some(error),
        _ => None,
    }
}
