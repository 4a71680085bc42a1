use std::time::Instant;

use upload_proto::{InitiateRequest, InitiateResponse};

use super::{Phase, Shared, ledger::Ledger};
use crate::{
    CHECKPOINT_VERSION, Checkpoint, Plan, TransportError,
    machine::{
        call::Call,
        context::Context,
        event::{Event, Outcome, Remains},
        failure::{Failure, Step},
        request::{Operation, Request},
    },
};

/// The server is being asked for an upload id and the parts' URLs.
#[derive(Debug)]
pub(super) struct Initiating {
    plan: Plan,
    pub(super) call: Call,
    /// Abort was asked for while the request was under way. The answer is awaited all the same: it may carry an
    /// upload id, which must not be forgotten.
    abort_requested: bool,
}

impl Initiating {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, call: Call::default(), abort_requested: false }
    }

    pub(super) fn poll_request(&mut self, shared: &Shared, cx: &mut Context) -> Option<Request> {
        let (id, attempt) = self.call.poll(cx)?;
        let request = InitiateRequest {
            filename: shared.filename.clone(),
            file_size: self.plan.file_size(),
            part_size: self.plan.part_size(),
            part_count: self.plan.part_count(),
        };
        let operation = Operation::Initiate { upload_type: shared.upload_type.clone(), request };
        Some(Request { id, attempt, operation })
    }

    pub(super) fn handle_success(
        self,
        response: InitiateResponse,
        shared: &Shared,
        cx: &mut Context,
    ) -> Phase {
        let adopted = self.plan.adopt(response.part_size, response.parts);
        let (plan, urls, problem) = match adopted {
            Ok((plan, urls)) => (plan, urls, None),
            Err(problem) => (self.plan, Vec::new(), Some(problem)),
        };
        let ledger = Ledger::new(Checkpoint {
            version: CHECKPOINT_VERSION,
            filename: shared.filename.clone(),
            upload_type: shared.upload_type.clone(),
            plan,
            upload_id: response.upload_id,
            object_key: response.object_key,
            etags: vec![None; urls.len()],
            urls,
            completing: false,
        });
        cx.emit(Event::Opened(Box::new(ledger.checkpoint().clone())));
        if let Some(problem) = problem {
            return Phase::abort_failed(ledger, Failure::Plan(problem), cx);
        }
        if self.abort_requested {
            return Phase::abort_cancelled(ledger, cx);
        }
        if plan != self.plan {
            cx.emit(Event::Replanned { asked: self.plan, adopted: plan });
        }
        Phase::transfer(ledger, cx)
    }

    pub(super) fn handle_failure(mut self, now: Instant, error: TransportError, cx: &mut Context) -> Phase {
        if self.abort_requested {
            return end_aborted(cx);
        }
        match self.call.fail(now, cx, Step::Initiate, error) {
            Ok(_) => Phase::Initiating(self),
            Err(failure) => {
                cx.end(Outcome::Failed { failure, remains: Remains::Nothing });
                Phase::Ended
            }
        }
    }

    pub(super) fn abort(mut self, cx: &mut Context) -> Phase {
        if self.call.in_flight().is_none() {
            return end_aborted(cx);
        }
        self.abort_requested = true;
        Phase::Initiating(self)
    }
}

fn end_aborted(cx: &mut Context) -> Phase {
    cx.end(Outcome::Aborted { remains: Remains::Nothing });
    Phase::Ended
}
