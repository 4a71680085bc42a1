use std::time::Instant;

use upload_proto::{ValidateRequest, ValidateResponse};

use super::{Phase, Shared, ledger::Ledger, validating::verdict};
use crate::{
    TransportError, TransportErrorKind as Kind,
    machine::{
        call::Call,
        context::Context,
        event::{Completed, Event, Outcome, Remains, Validation},
        failure::{Failure, Step},
        request::{Operation, Request},
    },
};

/// The answer to complete was lost, and the platform is being asked whether the object exists: validate knows it by its
/// key. Nothing is aborted before the answer.
#[derive(Debug)]
pub(super) struct Reconciling {
    ledger: Ledger,
    pub(super) call: Call,
    /// What ended the tries of complete; `None` when the upload is being given up on request.
    failure: Option<Failure>,
    abort_requested: bool,
}

impl Reconciling {
    pub(super) fn new(ledger: Ledger, failure: Option<Failure>) -> Self {
        let abort_requested = failure.is_none();
        Self { ledger, call: Call::default(), failure, abort_requested }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn poll_request(&mut self, shared: &Shared, cx: &mut Context) -> Option<Request> {
        let (id, attempt) = self.call.poll(cx)?;
        let operation = Operation::Validate {
            upload_type: shared.upload_type.clone(),
            request: ValidateRequest { object_key: self.ledger.abort_request().object_key },
        };
        Some(Request { id, attempt, operation })
    }

    /// The platform has looked at the object: it exists.
    pub(super) fn handle_success(
        self,
        response: ValidateResponse,
        shared: &Shared,
        cx: &mut Context,
    ) -> Phase {
        cx.emit(Event::Warning("the answer to complete was lost; the platform has the object".into()));
        let gone = self.ledger.abort_request();
        cx.end(Outcome::Completed(Completed {
            object_key: gone.object_key,
            upload_id: Some(gone.upload_id),
            etag: None,
            bytes: self.ledger.plan().file_size(),
            parts: self.ledger.plan().part_count(),
            validation: if shared.validate { verdict(response) } else { Validation::Skipped },
        }));
        Phase::Ended
    }

    pub(super) fn handle_failure(
        mut self,
        now: Instant,
        error: TransportError,
        shared: &Shared,
        cx: &mut Context,
    ) -> Phase {
        let is_absent = error.kind == Kind::NotFound;
        // Putting large objects together takes minutes, and the server may be at it still: it is asked again, as one in
        // trouble would be. Whoever gives up does not want to wait for that.
        let kind = if is_absent { Kind::Server } else { error.kind };
        let failure = match self.abort_requested {
            true => Failure::Request { step: Step::Validate, attempts: self.call.attempts(), error },
            false => match self.call.fail(now, cx, Step::Validate, TransportError { kind, ..error }) {
                Ok(_) => return Phase::Reconciling(self),
                Err(failure) => failure,
            },
        };
        if is_absent {
            return self.end_without_object(shared, cx);
        }
        let remains = Remains::Unclear { checkpoint: self.ledger.into_checkpoint(), failure };
        cx.end(match self.failure {
            Some(failure) => Outcome::Failed { failure, remains },
            None => Outcome::Aborted { remains },
        });
        Phase::Ended
    }

    fn end_without_object(self, shared: &Shared, cx: &mut Context) -> Phase {
        match self.failure {
            // Neither the upload nor the object is there.
            Some(failure) if failure.transport_kind() == Some(Kind::NotFound) => {
                let gone = self.ledger.abort_request();
                let remains = Remains::Gone { upload_id: gone.upload_id, object_key: gone.object_key };
                cx.end(Outcome::Failed { failure, remains });
                Phase::Ended
            }
            _ if self.abort_requested => Phase::abort_cancelled(self.ledger, cx),
            Some(failure) if shared.keep_on_failure => {
                let checkpoint = self.ledger.into_checkpoint();
                cx.end(Outcome::Failed { failure, remains: Remains::Kept(checkpoint) });
                Phase::Ended
            }
            Some(failure) => Phase::abort_failed(self.ledger, failure, cx),
            None => Phase::abort_cancelled(self.ledger, cx),
        }
    }

    /// The question is asked to its end: without the answer there is nothing to be done.
    pub(super) fn abort(mut self) -> Phase {
        self.abort_requested = true;
        Phase::Reconciling(self)
    }
}
