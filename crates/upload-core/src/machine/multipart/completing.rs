use std::time::Instant;

use upload_proto::{CompleteResponse, ObjectKey, UploadId};

use super::{Phase, Shared, ledger::Ledger, validating::Validating};
use crate::{
    TransportError, TransportErrorKind,
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
    /// It may have happened already, unheard: in this run, or before the checkpoint was taken.
    maybe_done: bool,
}

impl Completing {
    pub(super) fn new(mut ledger: Ledger, cx: &mut Context) -> Self {
        cx.emit(Event::Completing);
        let maybe_done = ledger.mark_completing();
        Self { ledger, call: Call::default(), abort_requested: false, maybe_done }
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
        self.maybe_done |= may_be_done_after(error.kind);
        if self.abort_requested {
            return self.give_up(cx);
        }
        match self.call.fail(now, cx, Step::Complete, error) {
            Ok(_) => Phase::Completing(self),
            Err(failure) if self.maybe_done => Phase::reconcile(self.ledger, Some(failure)),
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
            return self.give_up(cx);
        }
        self.abort_requested = true;
        Phase::Completing(self)
    }

    /// Nothing is aborted that may be an object by now.
    fn give_up(self, cx: &mut Context) -> Phase {
        match self.maybe_done {
            true => Phase::reconcile(self.ledger, None),
            false => Phase::abort_cancelled(self.ledger, cx),
        }
    }

    fn identity(&self) -> (UploadId, ObjectKey) {
        let request = self.ledger.abort_request();
        (request.upload_id, request.object_key)
    }
}

/// Whether the parts may have been put together although the answer was this. A 5xx proves nothing here: S3 may have done
/// the work and failed at saying so.
fn may_be_done_after(kind: TransportErrorKind) -> bool {
    kind.leaves_outcome_unknown() || kind == TransportErrorKind::Server
}
