use std::collections::{HashSet, VecDeque};

use super::{
    event::{Ended, Event, Outcome, Totals},
    request::RequestId,
};
use crate::RetryPolicy;

/// What every phase of a machine shares: ids, dice, the retry policy and the way out for events and cancels.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) retry: RetryPolicy,
    pub(super) rng: fastrand::Rng,
    pub(super) totals: Totals,
    next_id: u64,
    events: VecDeque<Event>,
    cancels: VecDeque<RequestId>,
    /// Cancelled requests whose answer has not come yet; it will be ignored.
    cancelled: HashSet<RequestId>,
}

impl Context {
    pub(super) fn new(retry: RetryPolicy, seed: u64) -> Self {
        Self {
            retry,
            rng: fastrand::Rng::with_seed(seed),
            totals: Totals::default(),
            next_id: 0,
            events: VecDeque::new(),
            cancels: VecDeque::new(),
            cancelled: HashSet::new(),
        }
    }

    pub(super) fn next_request(&mut self) -> RequestId {
        self.next_id += 1;
        self.totals.attempts += 1;
        RequestId(self.next_id)
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(super) fn end(&mut self, outcome: Outcome) {
        self.emit(Event::Ended(Box::new(Ended { outcome, totals: self.totals })));
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn cancel(&mut self, id: RequestId) {
        self.cancels.push_back(id);
        self.cancelled.insert(id);
    }

    pub(super) fn poll_cancel(&mut self) -> Option<RequestId> {
        self.cancels.pop_front()
    }

    /// Whether this is the late answer to a cancelled request.
    pub(super) fn swallow(&mut self, id: RequestId) -> bool {
        self.cancelled.remove(&id)
    }
}
