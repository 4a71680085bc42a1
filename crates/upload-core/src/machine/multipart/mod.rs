//! The presigned multipart flow: initiate → PUT parts → complete → validate, or abort.

mod aborting;
mod completing;
mod initiating;
mod ledger;
mod phase;
mod reconciling;
mod transferring;
mod validating;

use std::{num::NonZeroUsize, time::Instant};

use upload_proto::UploadType;

use self::{ledger::Ledger, phase::Phase};
use super::{Event, Machine, Misuse, Request, RequestId, Response, context::Context};
use crate::{CHECKPOINT_VERSION, Checkpoint, Plan, PlanError, RetryPolicy, TransportError};

/// How a multipart upload is to go about its work.
#[derive(Clone, Debug)]
pub struct MultipartConfig {
    /// The part size to ask for, in bytes, 5 MiB to 5 GiB; `None` leaves it to [`Plan::propose`].
    pub part_size: Option<u64>,
    /// The most parts in flight at once.
    pub concurrency: NonZeroUsize,
    /// Whether the platform is asked to check the object in the end.
    pub validate: bool,
    /// Whether a failed upload stays open on the server, to be resumed, instead of being aborted. An upload given up
    /// by [`Machine::abort`] is aborted all the same.
    pub keep_on_failure: bool,
    /// How often and how patiently requests are tried again.
    pub retry: RetryPolicy,
    /// Where the jitter of the waits comes from; the same seed waits the same.
    pub seed: u64,
}

impl Default for MultipartConfig {
    fn default() -> Self {
        Self {
            part_size: None,
            concurrency: NonZeroUsize::MIN.saturating_add(7),
            validate: true,
            keep_on_failure: false,
            retry: RetryPolicy::default(),
            seed: 0,
        }
    }
}

/// What every phase may look at.
#[derive(Debug)]
struct Shared {
    filename: String,
    upload_type: UploadType,
    concurrency: NonZeroUsize,
    validate: bool,
    keep_on_failure: bool,
}

/// A presigned multipart upload as a state machine.
///
/// Beside what [`Machine`] promises: complete lists every part once, ascending, with the ETag of its last successful
/// PUT; an upload id that was obtained ends completed, aborted, or in the [`Checkpoint`] of the last event, never
/// forgotten; continuing from [`checkpoint`](Self::checkpoint) by [`resume`](Self::resume) changes nothing.
#[derive(Debug)]
pub struct MultipartUpload {
    shared: Shared,
    cx: Context,
    phase: Phase,
}

/// Why a checkpoint cannot be resumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// Written by a version of this crate with another shape.
    #[error("the checkpoint is of version {0}, this program reads up to version {CHECKPOINT_VERSION}")]
    Version(u32),
    /// Its lists do not have one entry a part.
    #[error("the checkpoint does not have one URL and one place for an ETag per part")]
    Inconsistent,
}

impl MultipartUpload {
    /// Plans the upload of a file of `file_size` bytes.
    ///
    /// # Errors
    /// When no plan within S3's limits fits the file or the chosen part size.
    pub fn new(
        filename: impl Into<String>,
        upload_type: UploadType,
        file_size: u64,
        config: MultipartConfig,
    ) -> Result<Self, PlanError> {
        let plan = Plan::propose(file_size, config.part_size)?;
        let (shared, cx) = split(filename.into(), upload_type, config);
        Ok(Self { shared, cx, phase: Phase::initiate(plan) })
    }

    /// Goes on where a checkpoint was taken: stored parts are not sent again.
    ///
    /// # Errors
    /// When the checkpoint is of another version or contradicts itself.
    pub fn resume(checkpoint: Checkpoint, config: MultipartConfig) -> Result<Self, ResumeError> {
        if !(1..=CHECKPOINT_VERSION).contains(&checkpoint.version) {
            return Err(ResumeError::Version(checkpoint.version));
        }
        if !checkpoint.is_whole() {
            return Err(ResumeError::Inconsistent);
        }
        let (shared, mut cx) = split(checkpoint.filename.clone(), checkpoint.upload_type.clone(), config);
        // What is written from here on has this version's shape.
        let ledger = Ledger::new(Checkpoint { version: CHECKPOINT_VERSION, ..checkpoint });
        let missing = u32::try_from(ledger.missing().count()).unwrap_or(u32::MAX);
        cx.totals.resumed_parts = ledger.plan().part_count() - missing;
        cx.emit(Event::Opened(Box::new(ledger.checkpoint().clone())));
        let phase = Phase::transfer(ledger, &mut cx);
        Ok(Self { shared, cx, phase })
    }

    /// What another process needs to go on, or to abort; `None` before the upload exists on the server and once it
    /// no longer needs either.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.phase.ledger().map(|ledger| ledger.checkpoint().clone())
    }
}

fn split(filename: String, upload_type: UploadType, config: MultipartConfig) -> (Shared, Context) {
    let MultipartConfig { part_size: _, concurrency, validate, keep_on_failure, retry, seed } = config;
    let shared = Shared { filename, upload_type, concurrency, validate, keep_on_failure };
    (shared, Context::new(retry, seed))
}

impl Machine for MultipartUpload {
    fn poll_request(&mut self, _now: Instant) -> Option<Request> {
        self.phase.poll_request(&self.shared, &mut self.cx)
    }

    fn poll_cancel(&mut self) -> Option<RequestId> {
        self.cx.poll_cancel()
    }

    fn handle_response(
        &mut self,
        now: Instant,
        id: RequestId,
        result: Result<Response, TransportError>,
    ) -> Result<(), Misuse> {
        if self.cx.swallow(id) {
            return Ok(());
        }
        self.phase.check(id, &result)?;
        let phase = std::mem::replace(&mut self.phase, Phase::Ended);
        self.phase = phase.handle_response(now, id, result, &self.shared, &mut self.cx);
        Ok(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.phase.timeout()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.phase.handle_timeout(now);
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.cx.poll_event()
    }

    fn abort(&mut self, _now: Instant) {
        let phase = std::mem::replace(&mut self.phase, Phase::Ended);
        self.phase = phase.abort(&mut self.cx);
    }
}
