//! Raw requests against a running sandbox: what it accepts, what it refuses, and what it calls a mistake.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]

#[path = "sandbox/accounts.rs"]
mod accounts;
#[path = "sandbox/client.rs"]
mod client;
#[path = "sandbox/complete.rs"]
mod complete;
#[path = "sandbox/dialects.rs"]
mod dialects;
#[path = "sandbox/direct.rs"]
mod direct;
#[path = "sandbox/elsewhere.rs"]
mod elsewhere;
#[path = "sandbox/faults/mod.rs"]
mod faults;
#[path = "sandbox/flow.rs"]
mod flow;
#[path = "sandbox/foreign.rs"]
mod foreign;
#[path = "sandbox/guards.rs"]
mod guards;
#[path = "sandbox/ingest.rs"]
mod ingest;
#[path = "sandbox/link.rs"]
mod link;
#[path = "sandbox/mistakes.rs"]
mod mistakes;
#[path = "sandbox/null.rs"]
mod null;
#[path = "sandbox/packages.rs"]
mod packages;
#[path = "sandbox/secrets.rs"]
mod secrets;
#[path = "sandbox/tls.rs"]
mod tls;
#[path = "sandbox/validate.rs"]
mod validate;
#[path = "sandbox/workbooks.rs"]
mod workbooks;
