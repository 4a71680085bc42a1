use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, VecDeque},
    time::Instant,
};

use upload_proto::PartNumber;

use super::{Phase, Shared, ledger::Ledger};
use crate::{
    Stored, TransportError,
    machine::{
        call::Call,
        context::Context,
        event::{Event, Outcome, Remains},
        failure::Step,
        request::{Operation, Request, RequestId},
    },
};

/// The parts are on their way.
#[derive(Debug)]
pub(super) struct Transferring {
    ledger: Ledger,
    /// Parts to send as soon as concurrency allows: those to be tried again stand before fresh ones.
    ready: VecDeque<PartNumber>,
    /// Parts to try again later, the soonest on top.
    waiting: BinaryHeap<Reverse<(Instant, PartNumber)>>,
    /// In the order they were sent, in which they are stopped as well: a machine does the same each time.
    in_flight: BTreeMap<RequestId, PartNumber>,
    /// Tries of the parts that are in flight or have failed; a part never sent has none.
    calls: HashMap<PartNumber, Call>,
}

impl Transferring {
    pub(super) fn new(ledger: Ledger) -> Self {
        let ready = ledger.missing().collect();
        Self { ledger, ready, waiting: BinaryHeap::new(), in_flight: BTreeMap::new(), calls: HashMap::new() }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn awaits(&self, id: RequestId) -> bool {
        self.in_flight.contains_key(&id)
    }

    pub(super) fn poll_request(&mut self, shared: &Shared, cx: &mut Context) -> Option<Request> {
        if self.in_flight.len() >= shared.concurrency.get() {
            return None;
        }
        let part = *self.ready.front()?;
        let url = self.ledger.url(part)?.clone();
        let (id, attempt) = self.calls.entry(part).or_default().poll(cx)?;
        self.ready.pop_front();
        self.in_flight.insert(id, part);
        let operation = Operation::PutPart { part, url, range: self.ledger.plan().range(part) };
        Some(Request { id, attempt, operation })
    }

    pub(super) fn handle_success(mut self, id: RequestId, stored: Stored, cx: &mut Context) -> Phase {
        if let Some(part) = self.in_flight.remove(&id) {
            let attempt = self.calls.remove(&part).map_or(1, |call| call.attempts());
            let bytes = self.ledger.plan().range(part).len;
            let Stored { etag, request_id, .. } = stored;
            self.ledger.record(part, etag.clone());
            cx.emit(Event::PartStored { part, bytes, attempt, etag, request_id });
        }
        // Not in flight, not ready, not waiting: it is stored.
        if self.in_flight.is_empty() && self.ready.is_empty() && self.waiting.is_empty() {
            return Phase::complete(self.ledger, cx);
        }
        Phase::Transferring(self)
    }

    pub(super) fn handle_failure(
        mut self,
        now: Instant,
        id: RequestId,
        error: TransportError,
        shared: &Shared,
        cx: &mut Context,
    ) -> Phase {
        let Some(part) = self.in_flight.remove(&id) else { return Phase::Transferring(self) };
        let step = Step::Part { part, of: self.ledger.plan().part_count() };
        match self.calls.entry(part).or_default().fail(now, cx, step, error) {
            Ok(until) => {
                self.waiting.push(Reverse((until, part)));
                Phase::Transferring(self)
            }
            Err(failure) if shared.keep_on_failure => {
                let checkpoint = self.stop(cx).into_checkpoint();
                cx.end(Outcome::Failed { failure, remains: Remains::Kept(checkpoint) });
                Phase::Ended
            }
            Err(failure) => Phase::abort_failed(self.stop(cx), failure, cx),
        }
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        self.waiting.peek().map(|Reverse((until, _))| *until)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some(Reverse((until, part))) = self.waiting.peek().copied()
            && until <= now
        {
            self.waiting.pop();
            self.calls.entry(part).or_default().handle_timeout(now);
            self.ready.push_front(part);
        }
    }

    pub(super) fn abort(self, cx: &mut Context) -> Phase {
        Phase::abort_cancelled(self.stop(cx), cx)
    }

    /// Has every part in flight stopped.
    fn stop(self, cx: &mut Context) -> Ledger {
        self.in_flight.into_keys().for_each(|id| cx.cancel(id));
        self.ledger
    }
}
