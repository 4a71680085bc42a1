//! How many requests there may be: the platform's budgets, in a window that slides.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use upload_proto::BudgetClass;

/// How many requests a partner may make within a window; beyond it they are answered with 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Requests that read.
    pub reads: u32,
    /// Requests that write.
    pub writes: u32,
    /// Sign-ins and refreshes, of everybody together.
    pub auth: u32,
    /// The window: at no moment were there more in the time before it.
    pub window: Duration,
    /// Whether a refusal says by `Retry-After` when there is room again.
    pub retry_after: bool,
}

impl Default for Budgets {
    /// The platform's guidance (rate limits page).
    fn default() -> Self {
        Self { reads: 600, writes: 120, auth: 10, window: Duration::from_secs(60), retry_after: true }
    }
}

/// Counts requests against their budgets.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    budgets: Option<Budgets>,
    taken: Mutex<BTreeMap<(u8, String), VecDeque<Instant>>>,
}

impl Budget {
    pub(crate) fn new(budgets: Option<Budgets>) -> Self {
        Self { budgets, taken: Mutex::default() }
    }

    /// Takes one of the partner's requests.
    ///
    /// # Errors
    /// When there is none left: for how long not, where that is to be told.
    pub(crate) fn take(
        &self,
        now: Instant,
        class: BudgetClass,
        partner: &str,
    ) -> Result<(), Option<Duration>> {
        let Some(budgets) = self.budgets else { return Ok(()) };
        let (number, most, partner) = match class {
            BudgetClass::Read => (0, budgets.reads, partner),
            BudgetClass::Write => (1, budgets.writes, partner),
            BudgetClass::Auth => (2, budgets.auth, ""),
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let times = taken.entry((number, partner.to_owned())).or_default();
        while times.front().is_some_and(|time| now.duration_since(*time) >= budgets.window) {
            times.pop_front();
        }
        if (times.len() as u64) < u64::from(most) {
            times.push_back(now);
            return Ok(());
        }
        let free = times.front().map_or(budgets.window, |time| budgets.window - now.duration_since(*time));
        Err(budgets.retry_after.then_some(free))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_holds_more_than_the_budget() {
        let budgets = Budgets { writes: 3, window: Duration::from_secs(10), ..Budgets::default() };
        let (budget, start) = (Budget::new(Some(budgets)), Instant::now());
        let take =
            |seconds, partner| budget.take(start + Duration::from_secs(seconds), BudgetClass::Write, partner);
        assert!(take(0, "a").is_ok() && take(6, "a").is_ok() && take(6, "a").is_ok());
        assert_eq!(take(6, "a"), Err(Some(Duration::from_secs(4))));
        assert!(take(6, "b").is_ok(), "each partner has its own");
        assert!(budget.take(start, BudgetClass::Read, "a").is_ok(), "and each class");
        assert!(take(10, "a").is_ok() && take(10, "a").is_err());
        assert!(Budget::default().take(start, BudgetClass::Write, "a").is_ok());
    }
}
