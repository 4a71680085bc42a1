use std::time::Instant;

use super::{Phase, ledger::Ledger};
use crate::{
    TransportError, TransportErrorKind,
    machine::{
        call::Call,
        context::Context,
        event::{Event, Outcome, Remains},
        failure::{Failure, Step},
        request::{Operation, Request},
    },
};

/// The upload is being given up on the server, because it failed or because it was asked for.
#[derive(Debug)]
pub(super) struct Aborting {
    ledger: Ledger,
    pub(super) call: Call,
    /// Why it failed; `None` when it was given up on request.
    failure: Option<Failure>,
}

impl Aborting {
    pub(super) fn new(ledger: Ledger, failure: Option<Failure>, cx: &mut Context) -> Self {
        cx.emit(Event::Aborting);
        Self { ledger, call: Call::default(), failure }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn poll_request(&mut self, cx: &mut Context) -> Option<Request> {
        let (id, attempt) = self.call.poll(cx)?;
        Some(Request { id, attempt, operation: Operation::Abort(self.ledger.abort_request()) })
    }

    pub(super) fn handle_success(self, cx: &mut Context) -> Phase {
        let gone = self.ledger.abort_request();
        let remains = Remains::Aborted { upload_id: gone.upload_id, object_key: gone.object_key };
        end(self.failure, remains, cx)
    }

    pub(super) fn handle_failure(mut self, now: Instant, error: TransportError, cx: &mut Context) -> Phase {
        if error.kind == TransportErrorKind::NotFound {
            return self.handle_success(cx);
        }
        match self.call.fail(now, cx, Step::Abort, error) {
            Ok(_) => Phase::Aborting(self),
            Err(failure) => {
                let checkpoint = self.ledger.into_checkpoint();
                end(self.failure, Remains::LeftOpen { checkpoint, failure }, cx)
            }
        }
    }
}

fn end(failure: Option<Failure>, remains: Remains, cx: &mut Context) -> Phase {
    cx.end(match failure {
        Some(failure) => Outcome::Failed { failure, remains },
        None => Outcome::Aborted { remains },
    });
    Phase::Ended
}
