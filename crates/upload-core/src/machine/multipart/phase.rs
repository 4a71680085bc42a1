use std::time::Instant;

use super::{
    Shared, aborting::Aborting, completing::Completing, initiating::Initiating, ledger::Ledger,
    reconciling::Reconciling, transferring::Transferring, validating::Validating,
};
use crate::{
    Plan, TransportError,
    machine::{
        call::Call,
        context::Context,
        failure::Failure,
        request::{Misuse, Request, RequestId, Response},
    },
};

/// Where the upload stands. Transitions consume the old phase, so none can be left half.
#[derive(Debug)]
pub(super) enum Phase {
    Initiating(Initiating),
    Transferring(Transferring),
    Completing(Completing),
    Reconciling(Reconciling),
    Validating(Validating),
    Aborting(Aborting),
    Ended,
}

impl Phase {
    pub(super) fn initiate(plan: Plan) -> Self {
        Self::Initiating(Initiating::new(plan))
    }

    /// Sends the missing parts, or goes straight on where none is missing.
    pub(super) fn transfer(ledger: Ledger, cx: &mut Context) -> Self {
        if ledger.missing().next().is_none() {
            return Self::complete(ledger, cx);
        }
        Self::Transferring(Transferring::new(ledger))
    }

    pub(super) fn complete(ledger: Ledger, cx: &mut Context) -> Self {
        Self::Completing(Completing::new(ledger, cx))
    }

    /// Finds out whether a complete whose answer was lost has happened. It is being asked because of a failure, or because
    /// the upload is to be given up.
    pub(super) fn reconcile(ledger: Ledger, failure: Option<Failure>) -> Self {
        Self::Reconciling(Reconciling::new(ledger, failure))
    }

    pub(super) fn abort_failed(ledger: Ledger, failure: Failure, cx: &mut Context) -> Self {
        Self::Aborting(Aborting::new(ledger, Some(failure), cx))
    }

    pub(super) fn abort_cancelled(ledger: Ledger, cx: &mut Context) -> Self {
        Self::Aborting(Aborting::new(ledger, None, cx))
    }

    pub(super) fn ledger(&self) -> Option<&Ledger> {
        match self {
            Self::Transferring(phase) => Some(phase.ledger()),
            Self::Completing(phase) => Some(phase.ledger()),
            Self::Reconciling(phase) => Some(phase.ledger()),
            Self::Aborting(phase) => Some(phase.ledger()),
            Self::Initiating(_) | Self::Validating(_) | Self::Ended => None,
        }
    }

    /// The one request that the phase makes; `None` for the phases that make several or none.
    fn call(&self) -> Option<&Call> {
        match self {
            Self::Initiating(phase) => Some(&phase.call),
            Self::Completing(phase) => Some(&phase.call),
            Self::Reconciling(phase) => Some(&phase.call),
            Self::Validating(phase) => Some(&phase.call),
            Self::Aborting(phase) => Some(&phase.call),
            Self::Transferring(_) | Self::Ended => None,
        }
    }

    fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Self::Initiating(phase) => Some(&mut phase.call),
            Self::Completing(phase) => Some(&mut phase.call),
            Self::Reconciling(phase) => Some(&mut phase.call),
            Self::Validating(phase) => Some(&mut phase.call),
            Self::Aborting(phase) => Some(&mut phase.call),
            Self::Transferring(_) | Self::Ended => None,
        }
    }

    pub(super) fn poll_request(&mut self, shared: &Shared, cx: &mut Context) -> Option<Request> {
        match self {
            Self::Initiating(phase) => phase.poll_request(shared, cx),
            Self::Transferring(phase) => phase.poll_request(shared, cx),
            Self::Completing(phase) => phase.poll_request(cx),
            Self::Reconciling(phase) => phase.poll_request(shared, cx),
            Self::Validating(phase) => phase.poll_request(shared, cx),
            Self::Aborting(phase) => phase.poll_request(cx),
            Self::Ended => None,
        }
    }

    /// Whether this answer is one the phase waits for.
    pub(super) fn check(
        &self,
        id: RequestId,
        result: &Result<Response, TransportError>,
    ) -> Result<(), Misuse> {
        let awaited = match self {
            Self::Transferring(phase) => phase.awaits(id),
            _ => self.call().and_then(Call::in_flight) == Some(id),
        };
        if !awaited {
            return Err(Misuse::UnknownRequest(id));
        }
        let fits = match result {
            Err(_) => true,
            Ok(response) => matches!(
                (self, response),
                (Self::Initiating(_), Response::Initiated(_))
                    | (Self::Transferring(_), Response::Stored(_))
                    | (Self::Completing(_), Response::Completed(_))
                    | (Self::Reconciling(_) | Self::Validating(_), Response::Validated(_))
                    | (Self::Aborting(_), Response::Aborted)
            ),
        };
        if fits { Ok(()) } else { Err(Misuse::WrongResponse(id)) }
    }

    /// Takes in an answer that [`check`](Self::check) let through.
    pub(super) fn handle_response(
        self,
        now: Instant,
        id: RequestId,
        result: Result<Response, TransportError>,
        shared: &Shared,
        cx: &mut Context,
    ) -> Self {
        match (self, result) {
            (Self::Initiating(phase), Ok(Response::Initiated(response))) => {
                phase.handle_success(response, shared, cx)
            }
            (Self::Initiating(phase), Err(error)) => phase.handle_failure(now, error, cx),
            (Self::Transferring(phase), Ok(Response::Stored(stored))) => phase.handle_success(id, stored, cx),
            (Self::Transferring(phase), Err(error)) => phase.handle_failure(now, id, error, shared, cx),
            (Self::Completing(phase), Ok(Response::Completed(response))) => {
                phase.handle_success(response, shared, cx)
            }
            (Self::Completing(phase), Err(error)) => phase.handle_failure(now, error, shared, cx),
            (Self::Reconciling(phase), Ok(Response::Validated(response))) => {
                phase.handle_success(response, shared, cx)
            }
            (Self::Reconciling(phase), Err(error)) => phase.handle_failure(now, error, shared, cx),
            (Self::Validating(phase), Ok(Response::Validated(response))) => {
                phase.handle_success(response, cx)
            }
            (Self::Validating(phase), Err(error)) => phase.handle_failure(now, error, cx),
            (Self::Aborting(phase), Ok(Response::Aborted)) => phase.handle_success(cx),
            (Self::Aborting(phase), Err(error)) => phase.handle_failure(now, error, cx),
            (phase, _) => phase,
        }
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match self {
            Self::Transferring(phase) => phase.timeout(),
            _ => self.call().and_then(Call::timeout),
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let Self::Transferring(phase) = self {
            phase.handle_timeout(now);
        } else if let Some(call) = self.call_mut() {
            call.handle_timeout(now);
        }
    }

    pub(super) fn abort(self, cx: &mut Context) -> Self {
        match self {
            Self::Initiating(phase) => phase.abort(cx),
            Self::Transferring(phase) => phase.abort(cx),
            Self::Completing(phase) => phase.abort(cx),
            Self::Reconciling(phase) => phase.abort(),
            Self::Validating(phase) => phase.abort(cx),
            // Already on the way, and its reason stands.
            Self::Aborting(phase) => Self::Aborting(phase),
            Self::Ended => Self::Ended,
        }
    }
}
