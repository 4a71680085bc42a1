use std::time::Instant;

use futures::future::BoxFuture;

/// Where the driver gets its time from; the machine has none of its own.
pub trait Clock: Send + Sync {
    /// This moment.
    fn now(&self) -> Instant;

    /// Resolves at the given moment, or at once if it has passed.
    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()>;
}
