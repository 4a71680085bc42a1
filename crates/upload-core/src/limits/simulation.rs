//! The controller on links that exist only here.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    Controller, Sent,
    simulated_link::{Link, MIB, run},
};

fn link(mbit: f64, rtt_ms: u64, per_connection: f64) -> Link {
    Link {
        rate: mbit * 125_000.0,
        per_connection: per_connection * MIB,
        rtt: Duration::from_millis(rtt_ms),
        spread: 0.0,
        part: 8.0 * MIB,
    }
}

#[test]
fn nine_tenths_of_any_link_are_used_after_five_seconds() {
    for mbit in [50.0, 1000.0] {
        for rtt in [1, 80, 250] {
            for per_connection in [5.0, 20.0, 1000.0] {
                let link = link(mbit, rtt, per_connection);
                let run = run(link, 35, None, 7);
                let share = run.share(5..35);
                assert!(share > 0.9, "{share:.3} of {link:?}: {:?}", run.limits);
            }
        }
    }
}

#[test]
fn a_gigabit_around_the_world_is_kept_full() {
    // A connection is idle for a third of the time there, between one part and the next: too few leave gaps.
    for per_connection in [20.0, 1000.0] {
        for seed in 0..20 {
            let run = run(link(1000.0, 250, per_connection), 35, None, seed);
            let (share, at_once) = (run.share(5..35), run.share(5..6));
            assert!(
                share > 0.97 && at_once > 0.9,
                "{at_once:.3}, {share:.3} with seed {seed}: {:?}",
                run.limits
            );
        }
    }
}

#[test]
fn connections_that_bring_nothing_are_not_kept() {
    let limits = run(link(1000.0, 1, 1000.0), 60, None, 7).limits;
    assert!(limits[40..].iter().all(|limit| *limit <= 24), "{limits:?}");
}

#[test]
fn connections_of_all_speeds_make_more_of_them_look_no_better() {
    let link = Link { spread: 0.6, ..link(1000.0, 1, 1000.0) };
    let mut late = Vec::new();
    for seed in 0..20 {
        let run = run(link, 60, None, seed);
        assert!(run.share(5..60) > 0.97, "{:.3} with seed {seed}: {:?}", run.share(5..60), run.limits);
        late.extend_from_slice(&run.limits[20..]);
    }
    let mean = late.iter().sum::<usize>() / late.len();
    assert!(mean <= 12, "{mean} in flight");
}

#[test]
fn a_machine_that_is_busy_anyway_gets_no_more_connections() {
    let began = Instant::now();
    let mut controller = Controller::new(8, 64);
    let mut in_flight: VecDeque<Sent> = (0..8).map(|_| controller.sent(began)).collect();
    // Loopback: 60 ms until the first part is through, then one of 8 MiB each 2 ms, however many are in flight.
    let mut most = 0;
    for ack in 0..5_000 {
        let now = began + Duration::from_millis(60 + 2 * ack);
        if let Some(part) = in_flight.pop_front() {
            controller.acknowledged(now, part, 8 << 20, true);
        }
        while in_flight.len() < controller.limit() {
            in_flight.push_back(controller.sent(now));
        }
        if ack > 500 {
            most = most.max(controller.limit());
        }
    }
    assert!(most <= 12, "{most} parts in flight");
}

#[test]
fn trouble_halves_once_and_is_grown_out_of() {
    let limits = run(link(1000.0, 80, 5.0), 60, Some(20), 7).limits;
    let (before, after) = (limits[18], limits[20]);
    assert!(after <= before / 2 + 1 && after >= before / 4, "{limits:?}");
    assert!(limits[59] > after, "{limits:?}");
}
