//! Whole flows: the real binary against the sandbox.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod accounts;
mod answers;
mod bytes;
mod cancel;
mod changing;
mod content;
mod direct;
mod doctor;
mod download;
mod endpoints;
mod failures;
mod faults;
mod first_steps;
mod ingest;
mod kill;
mod measuring;
mod mistakes;
mod pacing;
mod preflight;
mod receipt;
mod resume;
mod secrecy;
mod sessions;
mod store;
mod unfinished;
