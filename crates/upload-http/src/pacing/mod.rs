//! The pace of API requests: within the platform's budgets, and slower when it asks for that.

mod budget;
mod clock;
mod lane;
mod priority;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use upload_core::{TransportError, TransportErrorKind};
use upload_proto::{BudgetClass, Endpoint};

pub use self::budget::{Budget, Budgets};
use self::{lane::Lane, priority::Priority};

/// How long everyone pauses after a 429 that does not say: the documentation's guidance is 5 to 10 s.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest pause a server can ask for; a longer one counts as this much, as it does for retries.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// The pace of all API requests that share it, by clones.
///
/// The platform's budgets are per partner, and for signing in per IP address: let every client of a process that acts
/// for one partner share one. Requests that finish something (complete, validate, abort) go before those that begin
/// something; apart from that, who came first goes first. A 429, or a `Retry-After` of a 503, makes every request of
/// its class wait, not only the one that met it.
///
/// Time is tokio's, so a runtime with paused time pauses it too.
#[derive(Clone)]
pub struct Pace(Arc<Lanes>);

struct Lanes {
    budgets: Budgets,
    read: Lane,
    write: Lane,
    auth: Lane,
}

impl Pace {
    /// A pace under these budgets, none of which is used up yet.
    #[must_use]
    pub fn new(budgets: Budgets) -> Self {
        Self(Arc::new(Lanes {
            budgets,
            read: Lane::new("read", budgets.read),
            write: Lane::new("write", budgets.write),
            auth: Lane::new("auth", budgets.auth),
        }))
    }

    /// Resolves when a request to the endpoint may be sent. Dropping the future gives its place up.
    pub(crate) async fn admit(&self, endpoint: Endpoint) {
        self.lane(endpoint).admit(Priority::of(endpoint)).await;
    }

    /// Learns from a request that failed whether everyone has to pause.
    pub(crate) fn learn(&self, endpoint: Endpoint, error: &TransportError) {
        let wait = match (error.kind, error.status, error.retry_after) {
            (TransportErrorKind::Throttled, _, asked) => asked.unwrap_or(PAUSE),
            (_, Some(503), Some(asked)) => asked,
            _ => return,
        };
        self.lane(endpoint).hold(wait.min(LONGEST_PAUSE));
    }

    fn lane(&self, endpoint: Endpoint) -> &Lane {
        match endpoint.spec().budget {
            BudgetClass::Read => &self.0.read,
            BudgetClass::Write => &self.0.write,
            BudgetClass::Auth => &self.0.auth,
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new(Budgets::default())
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pace").field(&self.0.budgets).finish()
    }
}
