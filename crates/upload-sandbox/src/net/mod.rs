//! The two listeners: accept, serve HTTP/1.1, stop.

mod body;
mod connection;
mod elsewhere;
mod server;
mod socket;

pub(crate) use body::{GuardedBody, stalled};
pub(crate) use connection::Connection;
pub(crate) use elsewhere::elsewhere;
pub(crate) use server::{Server, Stopped, bind};
