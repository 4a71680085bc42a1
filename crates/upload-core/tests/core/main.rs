//! The flow's invariants under random interleavings, and the driver with transports and clocks made for testing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed, which is what it is for"
)]

mod driver;
mod interleavings;
mod journal;
mod model;
mod reconcile;
mod resume;
mod script;
mod single;
