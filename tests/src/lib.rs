//! What the whole-flow tests share: the real `upload` binary, run as a person's shell would run it, against a sandbox
//! inside the test.

#![allow(clippy::expect_used, reason = "a harness that cannot do its part must stop the test")]

mod binary;
mod run;
mod world;

pub use run::{Finished, Running};
pub use world::World;
