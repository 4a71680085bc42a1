//! The two listeners: accept, serve HTTP/1.1, stop.

mod body;
mod connection;
mod server;

pub(crate) use body::{GuardedBody, stalled};
pub(crate) use connection::Connection;
pub(crate) use server::{Server, bind};
