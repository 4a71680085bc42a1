use std::time::Instant;

use upload_proto::{CompleteResponse, ObjectKey, UploadId};

use super::{Phase, Shared, ledger::Ledger, validating::Validating};
use crate::{
    TransportError,
    machine::{
        call::Call,
        context::Context,
        event::{Completed, Event, Outcome, Remains, Validation},
        failure::Step,
        request::{Operation, Request},
    },
};

/// Every part is stored and the server is being asked to put them together.
#[derive(Debug)]
pub(super) struct Completing {
    ledger: Ledger,
    pub(super) call: Call,
    /// Abort was asked for while the request was under way: whether there still is something to abort, only its
    /// answer tells.
    abort_requested: bool,
}

impl Completing {
    pub(super) fn new(ledger: Ledger, cx: &mut Context) -> Self {
        cx.emit(Event::Completing);
        Self { ledger, call: Call::default(), abort_requested: false }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn poll_request(&mut self, cx: &mut Context) -> Option<Request> {
        let (id, attempt) = self.call.poll(cx)?;
        Some(Request { id, attempt, operation: Operation::Complete(self.ledger.complete_request()) })
    }

    pub(super) fn handle_success(
        self,
        response: CompleteResponse,
        shared: &Shared,
        cx: &mut Context,
    ) -> Phase {
        let (upload_id, object_key) = self.identity();
        let completed = Completed {
            object_key: response.object_key.unwrap_or(object_key),
            upload_id: Some(upload_id),
            etag: response.etag,
            bytes: self.ledger.plan().file_size(),
            parts: self.ledger.plan().part_count(),
            validation: Validation::Skipped,
        };
        if !response.validation_errors.is_empty() {
            let validation = Validation::Invalid(response.validation_errors);
            cx.end(Outcome::Completed(Completed { validation, ..completed }));
            return Phase::Ended;
        }
        if self.abort_requested || !shared.validate {
            if self.abort_requested {
                cx.emit(Event::Warning("the upload was already complete when it was to be aborted".into()));
            }
            cx.end(Outcome::Completed(completed));
            return Phase::Ended;
        }
        Phase::Validating(Validating::new(completed))
    }

    pub(super) fn handle_failure(
        mut self,
        now: Instant,
        error: TransportError,
        shared: &Shared,
        cx: &mut Context,
    ) -> Phase {
        if self.abort_requested {
            return Phase::abort_cancelled(self.ledger, cx);
        }
        match self.call.fail(now, cx, Step::Complete, error) {
            Ok(_) => Phase::Completing(self),
            Err(failure) if shared.keep_on_failure => {
                let checkpoint = self.ledger.into_checkpoint();
                cx.end(Outcome::Failed { failure, remains: Remains::Kept(checkpoint) });
                Phase::Ended
            }
            Err(failure) => Phase::abort_failed(self.ledger, failure, cx),
        }
    }

    pub(super) fn abort(mut self, cx: &mut Context) -> Phase {
        if self.call.in_flight().is_none() {
            return Phase::abort_cancelled(self.ledger, cx);
        }
        self.abort_requested = true;
        Phase::Completing(self)
    }

    fn identity(&self) -> (UploadId, ObjectKey) {
        let request = self.ledger.abort_request();
        (request.upload_id, request.object_key)
    }
}
