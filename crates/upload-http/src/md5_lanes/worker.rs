use std::{sync::PoisonError, time::Duration};

use bytes::Bytes;

use super::{
    Lanes, Shared,
    engine::{Engine, State},
};

/// How long a few chunks wait for those of other parts, which cost nothing more when they are hashed together. Far below
/// what a chunk takes to be sent.
const GATHERING: Duration = Duration::from_micros(500);
/// So many parts fill the vectors well enough not to wait for more.
const ENOUGH: usize = 8;

/// A chunk taken to be hashed, and the part it belongs to.
struct Job {
    number: u64,
    chunk: Bytes,
}

/// Hashes until the lanes are closed and empty.
pub(super) fn run(shared: &Shared) {
    while let Some((jobs, mut states)) = gather(shared) {
        let chunks: Vec<&[u8]> = jobs.iter().map(|job| &*job.chunk).collect();
        shared.engine.update(&mut states, &chunks);
        settle(shared, jobs, states);
    }
}

/// Waits for work and takes a chunk of each part that has one.
fn gather(shared: &Shared) -> Option<(Vec<Job>, Vec<State>)> {
    let mut lanes = shared.lanes();
    let mut waited = false;
    loop {
        let ready = lanes.ready();
        if ready > 0 && (waited || ready >= ENOUGH.min(lanes.open.len())) {
            return Some(lanes.take());
        }
        if lanes.is_closed && ready == 0 {
            return None;
        }
        if ready == 0 {
            waited = false;
            lanes = shared.work.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        } else {
            let (guard, timeout) =
                shared.work.wait_timeout(lanes, GATHERING).unwrap_or_else(PoisonError::into_inner);
            lanes = guard;
            waited = timeout.timed_out();
        }
    }
}

/// Puts the states back, and lets go on who was held back or has waited for a digest.
fn settle(shared: &Shared, jobs: Vec<Job>, states: Vec<State>) {
    let mut wakers = Vec::new();
    let mut lanes = shared.lanes();
    for (job, state) in jobs.into_iter().zip(states) {
        // Its request may have been given up meanwhile.
        let Some(lane) = lanes.open.get_mut(&job.number) else { continue };
        lane.left = lane.left.saturating_sub(job.chunk.len() as u64);
        wakers.extend(lane.held_back.take());
        if lane.left > 0 {
            lane.state = Some(state);
            continue;
        }
        if let Some(done) = lane.done.take() {
            // Nobody may be interested any more.
            let _ = done.send(state.finish());
        }
        lanes.open.remove(&job.number);
    }
    drop(lanes);
    wakers.into_iter().for_each(std::task::Waker::wake);
}

impl Lanes {
    fn ready(&self) -> usize {
        self.open.values().filter(|lane| !lane.waiting.is_empty()).count()
    }

    fn take(&mut self) -> (Vec<Job>, Vec<State>) {
        let (mut jobs, mut states) = (Vec::new(), Vec::new());
        for (number, lane) in &mut self.open {
            if jobs.len() == Engine::WIDEST {
                break;
            }
            let Some(state) = lane.state.take() else { continue };
            match lane.waiting.pop_front() {
                Some(chunk) => {
                    jobs.push(Job { number: *number, chunk });
                    states.push(state);
                }
                None => lane.state = Some(state),
            }
        }
        (jobs, states)
    }
}
