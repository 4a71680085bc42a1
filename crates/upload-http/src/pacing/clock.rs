use std::time::Duration;

use governor::clock::Clock;
use tokio::time::Instant;

/// tokio's time for governor, as the span since it was made, so that a runtime with paused time pauses budgets too.
#[derive(Clone, Debug)]
pub(super) struct TokioSpan(Instant);

impl TokioSpan {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TokioSpan {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
