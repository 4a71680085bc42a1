use std::time::Instant;

use futures::{FutureExt, future::BoxFuture};
use upload_core::Clock;

/// tokio's time, so that a runtime with paused time pauses uploads too.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        tokio::time::sleep_until(deadline.into()).boxed()
    }
}
