//! The driver, the machine and the journal through many stories, each drawn from one seed: a faulty network, crashes and
//! power failures at any step, people who cancel and who write to the file, and a platform that forgets. Time is virtual, and the
//! same seed tells the same story. See docs/reliability.md.
//!
//! `cargo xtask simulate` tells many more of them; `SIMULATE_SEED=N` tells one, with its trace.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed, which is what it is for"
)]

mod books;
mod clock;
mod content;
mod dice;
mod disk;
mod executor;
mod faults;
mod file;
mod journal;
mod process;
mod runner;
mod server;
mod story;
mod transport;
mod world;

use runner::{Told, tell};

/// Stories are to be about these. One that never comes to pass has been lost.
const SUBJECTS: [&str; 20] = [
    "killed",
    "power lost",
    "cancelled",
    "touched",
    "edited",
    "forgotten by the server",
    "answer lost",
    "altered on the way",
    "carried out after its sender was gone",
    "resumed",
    "not gone on with",
    "compared with its parts",
    "damaged journal",
    "put aside",
    "begun anew within a run",
    "completed",
    "failed and aborted",
    "failed and kept",
    "failed and left open",
    "aborted on request",
];

#[test]
fn every_story_ends_well() {
    let (from, seeds) = runner::chosen();
    let tally = runner::tell_all(from, seeds);
    for (subject, count) in &tally {
        println!("{count:>9}  {subject}");
    }
    if seeds >= runner::USUAL_SEEDS {
        for subject in SUBJECTS {
            assert!(tally.contains_key(subject), "no story was about this: {subject}");
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in 0..40 {
        let (Told { trace, .. }, Told { trace: again, .. }) = (tell(seed, true), tell(seed, true));
        assert!(trace.len() > 20, "seed {seed} tells next to nothing");
        let differs = trace.iter().zip(&again).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(trace.len(), again.len(), "seed {seed}");
    }
}
