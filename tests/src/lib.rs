//! What the whole-flow tests share: the real `upload` binary, run as a person's shell would run it, against a sandbox
//! inside the test.

#![allow(clippy::expect_used, clippy::panic, reason = "a harness that cannot do its part must stop the test")]

mod binary;
mod run;
mod store;
mod world;

pub use run::{Finished, Running, wait_for};
pub use store::store;
pub use world::World;
