use std::{num::NonZeroU32, time::Duration};

use governor::Quota;

/// Requests travel at different speeds, so what leaves here within a budget may arrive bunched up. Taking the period
/// for this much longer than it is leaves room for that.
const SLACK_PERCENT: u32 = 2;

/// So many requests in any span of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The most requests in any span of [`per`](Self::per).
    pub requests: NonZeroU32,
    /// The span's length; zero counts as a nanosecond.
    pub per: Duration,
}

impl Budget {
    /// So many requests a minute.
    #[must_use]
    pub const fn per_minute(requests: NonZeroU32) -> Self {
        Self { requests, per: Duration::from_secs(60) }
    }

    /// The bucket that keeps to the budget: a quarter of the requests may go at once, the rest of the period's share
    /// comes back one by one.
    ///
    /// A bucket of `b` that gains one every `t` lets at most `b + floor(per / t)` pass in a span of `per`. With
    /// `t > per / (N - b + 1)` that is never more than `N`. A larger bucket serves small batches better, a smaller one
    /// large batches: `N - b + 1` a period is what a long batch gets.
    pub(super) fn quota(self) -> Option<Quota> {
        let burst = NonZeroU32::new(self.requests.get() / 4).unwrap_or(NonZeroU32::MIN);
        let refills = self.requests.get() - burst.get() + 1;
        let per = self.per.max(Duration::from_nanos(1));
        let stretched = per.saturating_add(per / 100 * SLACK_PERCENT);
        let interval = stretched / refills + Duration::from_nanos(1);
        Quota::with_period(interval).map(|quota| quota.allow_burst(burst))
    }
}

/// What may be asked of the platform, by class of request; `None` is without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// What only looks.
    pub read: Option<Budget>,
    /// What changes something.
    pub write: Option<Budget>,
    /// Signing in and refreshing.
    pub auth: Option<Budget>,
}

impl Budgets {
    /// No budget at all. What a server asks for (429, `Retry-After`) is obeyed all the same.
    pub const UNLIMITED: Self = Self { read: None, write: None, auth: None };
}

impl Default for Budgets {
    /// The platform's guidance: 600 reads and 120 writes a minute for a partner, 10 sign-ins or refreshes a minute for
    /// an IP address (rate limits page).
    fn default() -> Self {
        let per_minute = |requests| NonZeroU32::new(requests).map(Budget::per_minute);
        Self { read: per_minute(600), write: per_minute(120), auth: per_minute(10) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_guidance_is_the_default() {
        let Budgets { read, write, auth } = Budgets::default();
        let all = [read, write, auth].map(|budget| budget.unwrap().requests.get());
        assert_eq!(all, [600, 120, 10]);
    }

    #[test]
    fn no_budget_is_too_odd_for_a_bucket() {
        for (requests, per) in [(1, 0), (1, 60_000), (u32::MAX, 1), (2, 2_000)] {
            let budget = Budget { requests: requests.try_into().unwrap(), per: Duration::from_millis(per) };
            assert!(budget.quota().is_some(), "{budget:?}");
        }
    }
}
