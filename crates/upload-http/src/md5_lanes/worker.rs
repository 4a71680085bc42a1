use std::{sync::PoisonError, time::Duration};

use bytes::Bytes;

use super::{
    Lane, Lanes, Shared,
    engine::{Engine, State},
};

/// How long those who wait go on waiting for the chunks of other parts. A connection that is held back so long still has bytes in
/// its socket's buffer, unless it moves more than 64 MB/s, and then others are about as fast.
const GATHERING: Duration = Duration::from_millis(2);
/// So many parts fill the vectors well enough not to wait for more.
const ENOUGH: usize = 8;

/// What MD5 takes in at once, in bytes.
const BLOCK: usize = 64;

/// A chunk, or a part of one, taken to be hashed, and the part it belongs to.
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
    let mut has_gathered = false;
    loop {
        match lanes.due() {
            Due::Now => return Some(lanes.take()),
            Due::Soon if has_gathered => return Some(lanes.take()),
            Due::Soon => {
                let woken = shared.work.wait_timeout(lanes, GATHERING);
                let (guard, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
                lanes = guard;
                has_gathered = timeout.timed_out();
            }
            Due::Later if lanes.is_closed => return None,
            Due::Later => {
                lanes = shared.work.wait(lanes).unwrap_or_else(PoisonError::into_inner);
                has_gathered = false;
            }
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

/// When it is time to hash. A chunk waits for those of other parts, which cost next to nothing when they are hashed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Enough parts have a chunk to fill the vectors.
    Now,
    /// Somebody waits: a connection that is held back, or a part for its digest.
    Soon,
    /// Nobody does.
    Later,
}

impl Lanes {
    pub(super) fn due(&self) -> Due {
        let (mut ready, mut is_urgent) = (0, self.is_closed);
        for lane in self.open.values().filter(|lane| !lane.waiting.is_empty()) {
            ready += 1;
            is_urgent |= lane.held_back.is_some() || lane.unfed == 0;
        }
        match ready {
            0 => Due::Later,
            _ if ready >= ENOUGH.min(self.open.len()) => Due::Now,
            _ if is_urgent => Due::Soon,
            _ => Due::Later,
        }
    }

    /// Takes as many bytes of each part that has some: vectors are whole only for streams of one length.
    fn take(&mut self) -> (Vec<Job>, Vec<State>) {
        let ready = |lane: &Lane| lane.state.is_some() && !lane.waiting.is_empty();
        let lanes = self.open.values().filter(|lane| ready(lane)).take(Engine::WIDEST);
        let shortest = lanes.filter_map(|lane| lane.waiting.front()).map(Bytes::len).min().unwrap_or(0);
        let len = if shortest > BLOCK { shortest - shortest % BLOCK } else { shortest };
        let (mut jobs, mut states) = (Vec::new(), Vec::new());
        let lanes = self.open.iter_mut().filter(|(_, lane)| ready(lane)).take(Engine::WIDEST);
        for (number, lane) in lanes {
            let (Some(front), Some(state)) = (lane.waiting.front_mut(), lane.state.take()) else { continue };
            jobs.push(Job { number: *number, chunk: front.split_to(len) });
            states.push(state);
            if front.is_empty() {
                lane.waiting.pop_front();
            }
        }
        (jobs, states)
    }
}
