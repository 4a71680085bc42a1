use std::time::Instant;

use super::{
    context::Context,
    event::Event,
    failure::{Failure, Step},
    request::RequestId,
};
use crate::TransportError;

/// One operation between its first try and its last: ready to be sent, in flight, or waiting to be sent again.
#[derive(Debug, Default)]
pub(super) struct Call {
    attempts: u32,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ready,
    InFlight(RequestId),
    Waiting(Instant),
}

impl Call {
    /// Begins the next try if one is due: the request's id and the number of the try.
    pub(super) fn poll(&mut self, cx: &mut Context) -> Option<(RequestId, u32)> {
        let State::Ready = self.state else { return None };
        let id = cx.next_request();
        self.attempts += 1;
        self.state = State::InFlight(id);
        Some((id, self.attempts))
    }

    pub(super) fn in_flight(&self) -> Option<RequestId> {
        match self.state {
            State::InFlight(id) => Some(id),
            State::Ready | State::Waiting(_) => None,
        }
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match self.state {
            State::Waiting(until) => Some(until),
            State::Ready | State::InFlight(_) => None,
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.timeout().is_some_and(|until| until <= now) {
            self.state = State::Ready;
        }
    }

    /// Takes in a failed try: the moment of the next one, or why there will be none.
    pub(super) fn fail(
        &mut self,
        now: Instant,
        cx: &mut Context,
        step: Step,
        error: TransportError,
    ) -> Result<Instant, Failure> {
        let Some(wait) = cx.retry.wait(self.attempts, &error, &mut cx.rng) else {
            return Err(Failure::Request { step, attempts: self.attempts, error });
        };
        cx.totals.retries += 1;
        cx.emit(Event::Retrying { step, attempt: self.attempts, wait, reason: error.to_string() });
        let until = now + wait;
        self.state = State::Waiting(until);
        Ok(until)
    }
}
