//! A file on its way over a link of which some connections are slow: the controller and the judge of stragglers together, in
//! virtual time.

use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use super::{
    Controller, Sent,
    peers::{Peer, Peers},
    stragglers::MOST_GIVEN_UP,
};

const STEP: Duration = Duration::from_millis(5);
const PART: u32 = 8 << 20;
const ROUND_TRIP: Duration = Duration::from_millis(1);
/// How likely a connection is a slow one, and by how much slower than the link: as `cargo xtask bench --case links` has it.
const SLOW: (f64, f64) = (0.05, 50.0);

/// A part in flight.
struct Sending {
    peer: Peer,
    known: Sent,
    attempt: u32,
    is_slow: bool,
    wait: Duration,
    left: f64,
    look_at: Instant,
}

/// How long a file of so many parts takes. The seed draws the slow connections.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a part's size")]
fn takes(rate: f64, parts: usize, slow: f64, seed: u64) -> Duration {
    let (mut controller, mut peers) = (Controller::new(8, 64), Peers::default());
    let (began, mut rng) = (Instant::now(), fastrand::Rng::with_seed(seed));
    // By attempt; and for each idle connection whether it is a slow one.
    let mut waiting = vec![1; parts];
    let mut idle: Vec<bool> = Vec::new();
    let mut sending: Vec<Sending> = Vec::new();
    let mut now = began;
    while !(waiting.is_empty() && sending.is_empty()) {
        while sending.len() < controller.limit()
            && let Some(attempt) = waiting.pop()
        {
            let peer = peers.begin(now, PART.into());
            let is_slow = idle.pop().unwrap_or_else(|| rng.f64() < slow);
            let look_at = peers.look_at(now, &peer);
            let known = controller.sent(now);
            sending.push(Sending {
                peer,
                known,
                attempt,
                is_slow,
                wait: ROUND_TRIP,
                left: PART.into(),
                look_at,
            });
        }
        now += STEP;
        let crawling = rate / SLOW.1;
        let crawls = sending.iter().filter(|part| part.is_slow && part.wait.is_zero()).count() as f64;
        let others = sending.iter().filter(|part| !part.is_slow && part.wait.is_zero()).count() as f64;
        let share = (rate - crawls * crawling).max(0.0) / others.max(1.0);
        let has_room = waiting.is_empty() && sending.len() < controller.limit();
        let mut on: Vec<Sending> = Vec::new();
        for mut part in std::mem::take(&mut sending) {
            if part.wait.is_zero() {
                part.left -= if part.is_slow { crawling } else { share } * STEP.as_secs_f64();
                part.peer.sent.store((f64::from(PART) - part.left.max(0.0)) as u64, Relaxed);
            }
            part.wait = part.wait.saturating_sub(STEP);
            if part.left <= 0.0 {
                peers.end(now, &part.peer, true);
                idle.push(part.is_slow);
                controller.acknowledged(now, part.known, PART.into(), !waiting.is_empty());
            } else if part.attempt <= MOST_GIVEN_UP && now >= part.look_at {
                if peers.usual_where_slow(now, &part.peer, has_room).is_some() {
                    peers.end(now, &part.peer, false);
                    controller.lost(now, part.known);
                    waiting.push(part.attempt + 1);
                } else {
                    part.look_at = peers.look_at(now, &part.peer);
                    on.push(part);
                }
            } else {
                on.push(part);
            }
        }
        sending = on;
    }
    now - began
}

#[test]
fn slow_connections_cost_no_more_than_a_tenth_wherever_they_fall() {
    // Parts for half a minute of each link.
    for (mbit, parts) in [(50.0, 23), (1000.0, 447)] {
        let rate = mbit * 125_000.0;
        let without = takes(rate, parts, 0.0, 0).as_secs_f64();
        let mut lost: Vec<_> = (0..200)
            .map(|seed| (1.0 - without / takes(rate, parts, SLOW.0, seed).as_secs_f64(), seed))
            .collect();
        lost.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Now and then half of the first connections are slow, and nobody can tell any more which are the usual ones.
        let (most, seed) = lost[197];
        assert!(most <= 0.1, "{most:.3} of {mbit} Mbit/s with seed {seed}");
    }
}
