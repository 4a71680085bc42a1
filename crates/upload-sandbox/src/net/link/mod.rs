//! A network of a certain speed and distance between the clients and the storage, in user space.
//!
//! What the model is made of, and what it leaves out, stands in docs/sandbox.md.

mod bucket;
mod delay;
mod flow;
mod shared;
mod spec;
mod stream;
mod window;

use std::time::Duration;

pub(crate) use shared::Shared;
pub use spec::{Rate, RateError, SlowConnections};
pub(crate) use stream::Line;

/// The network between clients and the storage's port. The default changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// How many bytes a second all connections together bring to the storage.
    pub rate: Option<Rate>,
    /// How long a byte takes there and back. Windows that grow from small to 4 MiB go with it.
    pub rtt: Duration,
    /// How many bytes a second each connection brings at most.
    pub per_connection: Option<Rate>,
    /// How some connections are slower than that.
    pub slow_connections: Option<SlowConnections>,
}

impl Link {
    /// Whether it makes any difference.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        *self != Self::default()
    }
}
