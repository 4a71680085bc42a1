//! The single-part flow: ask for a presigned URL, PUT the whole object to it.

use std::time::Instant;

use upload_proto::{
    ObjectKey, PartNumber, PresignRequest, PresignedUrl, UploadType, s3_limits::MAX_PART_SIZE,
};

use super::{
    Completed, Event, Failure, Machine, Misuse, Operation, Outcome, Remains, Request, RequestId, Response,
    Step, Validation, call::Call, context::Context,
};
use crate::{ByteRange, PlanError, RetryPolicy, Stored, TransportError};

/// How a single PUT is to go about its work.
#[derive(Clone, Debug, Default)]
pub struct SingleConfig {
    /// How often and how patiently requests are tried again.
    pub retry: RetryPolicy,
    /// Where the jitter of the waits comes from; the same seed waits the same.
    pub seed: u64,
}

/// One object by one presigned PUT, as a state machine. It leaves nothing open on the server, however it ends.
#[derive(Debug)]
pub struct SingleUpload {
    filename: String,
    upload_type: Option<UploadType>,
    file_size: u64,
    cx: Context,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Presigning(Call),
    Putting { call: Call, url: PresignedUrl, object_key: ObjectKey },
    Ended,
}

impl SingleUpload {
    /// Prepares the upload of a file of `file_size` bytes.
    ///
    /// # Errors
    /// For an empty file, or one beyond the 5 GiB that S3 takes in one PUT.
    pub fn new(
        filename: impl Into<String>,
        upload_type: Option<UploadType>,
        file_size: u64,
        config: SingleConfig,
    ) -> Result<Self, PlanError> {
        match file_size {
            0 => Err(PlanError::EmptyFile),
            size if size > MAX_PART_SIZE => Err(PlanError::TooLarge { size, limit: MAX_PART_SIZE }),
            _ => Ok(Self {
                filename: filename.into(),
                upload_type,
                file_size,
                cx: Context::new(config.retry, config.seed),
                phase: Phase::Presigning(Call::default()),
            }),
        }
    }

    fn stored(&mut self, stored: Stored, attempt: u32, object_key: ObjectKey) {
        let Stored { etag, request_id, .. } = stored;
        let (part, bytes) = (PartNumber::FIRST, self.file_size);
        self.cx.emit(Event::PartStored { part, bytes, attempt, etag: etag.clone(), request_id });
        self.cx.end(Outcome::Completed(Completed {
            object_key,
            upload_id: None,
            etag: Some(etag),
            bytes,
            parts: 1,
            validation: Validation::Skipped,
        }));
    }

    fn fail(&mut self, now: Instant, mut call: Call, step: Step, error: TransportError) -> Option<Call> {
        match call.fail(now, &mut self.cx, step, error) {
            Ok(_) => Some(call),
            Err(failure) => {
                self.end_failed(failure);
                None
            }
        }
    }

    fn end_failed(&mut self, failure: Failure) {
        self.cx.end(Outcome::Failed { failure, remains: Remains::Nothing });
    }
}

impl Phase {
    fn call(&self) -> Option<&Call> {
        match self {
            Self::Presigning(call) | Self::Putting { call, .. } => Some(call),
            Self::Ended => None,
        }
    }
}

impl Machine for SingleUpload {
    fn poll_request(&mut self, _now: Instant) -> Option<Request> {
        let (id, attempt, operation) = match &mut self.phase {
            Phase::Presigning(call) => {
                let (id, attempt) = call.poll(&mut self.cx)?;
                let request = PresignRequest { filename: self.filename.clone() };
                (id, attempt, Operation::Presign { upload_type: self.upload_type.clone(), request })
            }
            Phase::Putting { call, url, .. } => {
                let (id, attempt) = call.poll(&mut self.cx)?;
                let range = ByteRange { offset: 0, len: self.file_size };
                (id, attempt, Operation::PutPart { part: PartNumber::FIRST, url: url.clone(), range })
            }
            Phase::Ended => return None,
        };
        Some(Request { id, attempt, operation })
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
        if self.phase.call().and_then(Call::in_flight) != Some(id) {
            return Err(Misuse::UnknownRequest(id));
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Ended);
        self.phase = match (phase, result) {
            (Phase::Presigning(_), Ok(Response::Presigned(answer))) => {
                Phase::Putting { call: Call::default(), url: answer.url, object_key: answer.object_key }
            }
            (Phase::Putting { call, object_key, .. }, Ok(Response::Stored(stored))) => {
                self.stored(stored, call.attempts(), object_key);
                Phase::Ended
            }
            (Phase::Presigning(call), Err(error)) => {
                self.fail(now, call, Step::Presign, error).map_or(Phase::Ended, Phase::Presigning)
            }
            (Phase::Putting { call, url, object_key }, Err(error)) => self
                .fail(now, call, Step::Object, error)
                .map_or(Phase::Ended, |call| Phase::Putting { call, url, object_key }),
            (phase, _) => {
                self.phase = phase;
                return Err(Misuse::WrongResponse(id));
            }
        };
        Ok(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.phase.call().and_then(Call::timeout)
    }

    fn handle_timeout(&mut self, now: Instant) {
        if let Phase::Presigning(call) | Phase::Putting { call, .. } = &mut self.phase {
            call.handle_timeout(now);
        }
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.cx.poll_event()
    }

    fn abort(&mut self, _now: Instant) {
        let Some(call) = self.phase.call() else { return };
        if let Some(id) = call.in_flight() {
            self.cx.cancel(id);
        }
        self.phase = Phase::Ended;
        self.cx.end(Outcome::Aborted { remains: Remains::Nothing });
    }
}
