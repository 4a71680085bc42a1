//! The controller on links that exist only here: a fluid model in virtual time.

use std::time::{Duration, Instant};

use super::Controller;

const MIB: f64 = 1024.0 * 1024.0;
const STEP: Duration = Duration::from_millis(5);

/// A link and what is sent over it.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// Of all connections together, in bytes a second.
    rate: f64,
    /// Of one connection, in bytes a second.
    per_connection: f64,
    /// From a part's end to the next one's first byte.
    rtt: Duration,
    /// In bytes.
    part: u32,
}

/// What a run came to.
struct Run {
    /// The share of the link that was used after the first 5 s, 0 to 1.
    share: f64,
    /// The number of parts in flight at the end of each second.
    limits: Vec<usize>,
}

/// Keeps the link busy for so many seconds; `trouble` tells at which second every part in flight is throttled.
fn run(link: Link, seconds: u64, trouble: Option<u64>) -> Run {
    let mut controller = Controller::new(8, 128);
    let began = Instant::now();
    let mut rng = fastrand::Rng::with_seed(7);
    // Each connection: what remains of its wait, and of its part. No two parts take quite the same time.
    let mut connections: Vec<(Duration, f64)> = Vec::new();
    let (mut moved_late, mut limits) = (0.0, Vec::new());
    let mut troubles = trouble.map(Duration::from_secs);
    for step in 1..=u32::try_from(seconds * 200).unwrap() {
        let elapsed = STEP * step;
        let now = began + elapsed;
        while connections.len() < controller.limit() {
            connections.push((link.rtt, f64::from(link.part) * (0.8 + 0.4 * rng.f64())));
            controller.sent(now);
        }
        let sending = connections.iter().filter(|(wait, _)| wait.is_zero()).count();
        let each = link.per_connection.min(link.rate / sending.max(1) as f64) * STEP.as_secs_f64();
        for connection in &mut connections {
            match connection.0.is_zero() {
                true => connection.1 -= each,
                false => connection.0 = connection.0.saturating_sub(STEP),
            }
        }
        if elapsed > Duration::from_secs(5) {
            moved_late += each * sending as f64;
        }
        if troubles.is_some_and(|at| elapsed >= at) {
            troubles = None;
            let lost = connections.len();
            connections.clear();
            (0..lost).for_each(|_| controller.troubled(now, now - STEP));
        }
        connections.retain(|(_, left)| {
            let is_done = *left <= 0.0;
            if is_done {
                controller.acknowledged(now, link.part.into(), true);
            }
            !is_done
        });
        if step % 200 == 0 {
            limits.push(controller.limit());
        }
    }
    Run { share: moved_late / (link.rate * (seconds - 5) as f64), limits }
}

fn link(mbit: f64, rtt_ms: u64, per_connection: f64) -> Link {
    let rate = mbit * 125_000.0;
    Link { rate, per_connection: per_connection * MIB, rtt: Duration::from_millis(rtt_ms), part: 8 << 20 }
}

#[test]
fn nine_tenths_of_any_link_are_used_after_five_seconds() {
    for mbit in [50.0, 1000.0] {
        for rtt in [1, 80, 250] {
            for per_connection in [5.0, 20.0, 1000.0] {
                let link = link(mbit, rtt, per_connection);
                let Run { share, limits } = run(link, 35, None);
                assert!(share > 0.9, "{share:.2} of {link:?}: {limits:?}");
            }
        }
    }
}

#[test]
fn connections_that_bring_nothing_are_not_kept() {
    let Run { limits, .. } = run(link(1000.0, 1, 1000.0), 60, None);
    assert!(limits[40..].iter().all(|limit| *limit <= 24), "{limits:?}");
}

#[test]
fn a_machine_that_is_busy_anyway_gets_no_more_connections() {
    let began = Instant::now();
    let mut controller = Controller::new(8, 64);
    controller.sent(began);
    // Loopback: 60 ms until the first part is through, then one of 8 MiB each 2 ms, however many are in flight.
    let mut most = 0;
    for ack in 0..5_000 {
        let now = began + Duration::from_millis(60 + 2 * ack);
        controller.acknowledged(now, 8 << 20, true);
        if ack > 500 {
            most = most.max(controller.limit());
        }
    }
    assert!(most <= 12, "{most} parts in flight");
}

#[test]
fn trouble_halves_once_and_is_grown_out_of() {
    let Run { limits, .. } = run(link(1000.0, 80, 5.0), 60, Some(20));
    let (before, after) = (limits[18], limits[20]);
    assert!(after <= before / 2 + 1 && after >= before / 4, "{limits:?}");
    assert!(limits[59] > after, "{limits:?}");
}
