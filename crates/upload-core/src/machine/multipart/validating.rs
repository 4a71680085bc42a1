use std::time::Instant;

use upload_proto::{ValidateRequest, ValidateResponse};

use super::{Phase, Shared};
use crate::{
    TransportError, TransportErrorKind,
    machine::{
        call::Call,
        context::Context,
        event::{Completed, Event, Outcome, Validation},
        failure::Step,
        request::{Operation, Request},
    },
};

/// The object exists and the platform is looking at its content. There is nothing left to abort.
#[derive(Debug)]
pub(super) struct Validating {
    completed: Completed,
    pub(super) call: Call,
}

impl Validating {
    pub(super) fn new(completed: Completed) -> Self {
        Self { completed, call: Call::default() }
    }

    pub(super) fn poll_request(&mut self, shared: &Shared, cx: &mut Context) -> Option<Request> {
        let (id, attempt) = self.call.poll(cx)?;
        let operation = Operation::Validate {
            upload_type: shared.upload_type.clone(),
            request: ValidateRequest { object_key: self.completed.object_key.clone() },
        };
        Some(Request { id, attempt, operation })
    }

    pub(super) fn handle_success(self, response: ValidateResponse, cx: &mut Context) -> Phase {
        self.end(verdict(response), cx)
    }

    pub(super) fn handle_failure(mut self, now: Instant, error: TransportError, cx: &mut Context) -> Phase {
        if matches!(error.kind, TransportErrorKind::NotFound | TransportErrorKind::Unsupported) {
            cx.emit(Event::Warning("this server offers no validation; the content was not checked".into()));
            return self.end(Validation::Unavailable, cx);
        }
        match self.call.fail(now, cx, Step::Validate, error) {
            Ok(_) => Phase::Validating(self),
            Err(failure) => self.end(Validation::Unknown(failure), cx),
        }
    }

    pub(super) fn abort(self, cx: &mut Context) -> Phase {
        if let Some(id) = self.call.in_flight() {
            cx.cancel(id);
        }
        cx.emit(Event::Warning("the upload was already complete when it was to be aborted".into()));
        self.end(Validation::Skipped, cx)
    }

    fn end(self, validation: Validation, cx: &mut Context) -> Phase {
        cx.end(Outcome::Completed(Completed { validation, ..self.completed }));
        Phase::Ended
    }
}

/// What an answer to validate says of the content.
pub(super) fn verdict(response: ValidateResponse) -> Validation {
    if response.accepted() { Validation::Valid } else { Validation::Invalid(response.validation_errors) }
}
