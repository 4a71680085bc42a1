use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::channel::oneshot;

/// Places for requests in flight, as many as the limit of the moment. Who has waited longest comes next.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    limit: usize,
    taken: usize,
    waiting: VecDeque<oneshot::Sender<Place>>,
}

/// A place, held until it is dropped.
#[derive(Debug)]
pub(super) struct Place(Gate);

impl State {
    fn is_pressed(&self) -> bool {
        self.waiting.iter().any(|sender| !sender.is_canceled())
    }
}

impl Gate {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(State { limit, taken: 0, waiting: VecDeque::new() })))
    }

    /// Waits for a place. Dropping the future gives up waiting.
    pub(super) async fn enter(&self) -> Place {
        loop {
            let waiting = {
                let mut state = self.state();
                if state.taken < state.limit && state.waiting.is_empty() {
                    state.taken += 1;
                    return Place(self.clone());
                }
                let (sender, receiver) = oneshot::channel();
                state.waiting.push_back(sender);
                receiver
            };
            // The sender is dropped unsent only with the gate itself, which this future keeps alive.
            if let Ok(place) = waiting.await {
                return place;
            }
        }
    }

    pub(super) fn set_limit(&self, limit: usize) {
        self.state().limit = limit;
        self.admit();
    }

    /// Whether somebody waits for a place.
    pub(super) fn is_pressed(&self) -> bool {
        self.state().is_pressed()
    }

    /// Whether there are fewer who want a place than places.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state();
        state.taken < state.limit && !state.is_pressed()
    }

    /// Hands free places to those who wait.
    fn admit(&self) {
        loop {
            let sender = {
                let mut state = self.state();
                if state.taken >= state.limit {
                    return;
                }
                let Some(sender) = state.waiting.pop_front() else { return };
                state.taken += 1;
                sender
            };
            // One who has stopped waiting drops the place, here or in the channel, which frees it again.
            drop(sender.send(Place(self.clone())));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state().taken -= 1;
        self.0.admit();
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, executor::block_on};

    use super::*;

    #[test]
    fn no_more_enter_than_the_limit_and_the_longest_wait_comes_next() {
        let gate = Gate::new(1);
        let first = block_on(gate.enter());
        let mut second = Box::pin(gate.enter());
        let mut third = Box::pin(gate.enter());
        assert!(second.as_mut().now_or_never().is_none() && third.as_mut().now_or_never().is_none());
        assert!(gate.is_pressed());
        drop(first);
        assert!(third.as_mut().now_or_never().is_none(), "the second has waited longer");
        let second = second.now_or_never().unwrap();
        gate.set_limit(2);
        let third = third.now_or_never().unwrap();
        assert!(!gate.is_pressed());
        gate.set_limit(1);
        drop((second, third));
        assert!(gate.enter().now_or_never().is_some());
    }

    #[test]
    fn a_place_is_not_lost_on_who_stops_waiting() {
        let gate = Gate::new(1);
        let first = block_on(gate.enter());
        let mut given_up = Box::pin(gate.enter());
        assert!(given_up.as_mut().now_or_never().is_none());
        let mut handed = Box::pin(gate.enter());
        assert!(handed.as_mut().now_or_never().is_none());
        drop(given_up);
        drop(first);
        // The place lies in the channel of one who goes away before looking.
        drop(handed);
        assert!(gate.enter().now_or_never().is_some());
    }
}
