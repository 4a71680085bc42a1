//! The two listeners: accept, serve HTTP/1.1, stop.

mod body;
mod connection;
mod elsewhere;

mod link;
mod serve;
mod server;
mod socket;
mod tls;
mod wire;

pub(crate) use body::{GuardedBody, stalled};
pub(crate) use connection::Connection;
pub(crate) use elsewhere::elsewhere;
pub(crate) use link::{Line, Shared as SharedLink};
pub use link::{Link, Rate, RateError, SlowConnections};
pub(crate) use server::{Server, Stopped};
pub use tls::SandboxTls;
pub(crate) use tls::Tls;
pub(crate) use wire::Wire;
