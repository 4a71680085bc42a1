use std::time::Duration;

use crate::{TransportError, TransportErrorKind};

/// How often and how patiently a request is tried again.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// The most attempts of one operation, the first included; at least 1. The platform's guidance is 5.
    pub max_attempts: u32,
    /// The wait after the first failure, before jitter; it doubles with each further one.
    pub base: Duration,
    /// The longest wait of our own choosing, before jitter.
    pub cap: Duration,
    /// The shortest wait after a 429 or `SlowDown` that names none; the platform's guidance is 5 to 10 s.
    pub throttled: Duration,
    /// The longest `Retry-After` that is obeyed; a longer one counts as this much.
    pub max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
            throttled: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(600),
        }
    }
}

impl RetryPolicy {
    /// How long to wait before trying again after the `failures`-th failure (from 1) in a row, or `None` to give up.
    ///
    /// Our own waits are drawn from the upper half of an exponentially growing span: they spread out a crowd of
    /// clients, yet each is at least as long as any draw of the step before. What a server asks for is a lower
    /// bound and only stretched, never cut.
    #[must_use]
    pub fn wait(&self, failures: u32, error: &TransportError, rng: &mut fastrand::Rng) -> Option<Duration> {
        if failures >= self.max_attempts || !error.kind.is_retryable() {
            return None;
        }
        // The storage is well, and it is no crowd that comes back: there is nothing to wait for.
        if error.kind == TransportErrorKind::Slow {
            return Some(Duration::ZERO);
        }
        let doublings = failures.saturating_sub(1).min(31);
        let span = self.base.saturating_mul(1 << doublings).min(self.cap);
        let own = span.mul_f64(0.5 + rng.f64() / 2.0);
        Some(match (error.retry_after, error.kind) {
            (Some(asked), _) => {
                let asked = asked.min(self.max_retry_after);
                asked.saturating_add(asked.min(self.base).mul_f64(rng.f64())).max(own)
            }
            (None, TransportErrorKind::Throttled) => self.throttled_wait(failures, rng).max(own),
            (None, _) => own,
        })
    }

    /// From `throttled` to twice that, each step's draw above the last one's.
    fn throttled_wait(&self, failures: u32, rng: &mut fastrand::Rng) -> Duration {
        let steps = f64::from(self.max_attempts.max(2) - 1);
        self.throttled.mul_f64(1.0 + (f64::from(failures.max(1) - 1) + rng.f64()) / steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(kind: TransportErrorKind) -> TransportError {
        TransportError::new(kind, "planted")
    }

    #[test]
    fn five_attempts_and_no_more() {
        let policy = RetryPolicy::default();
        let mut rng = fastrand::Rng::with_seed(1);
        let server = error(TransportErrorKind::Server);
        for failures in 1..5 {
            assert!(policy.wait(failures, &server, &mut rng).is_some(), "{failures}");
        }
        assert_eq!(policy.wait(5, &server, &mut rng), None);
    }

    #[test]
    fn the_same_seed_waits_the_same() {
        let policy = RetryPolicy::default();
        let waits = |seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            (1..5).map(|n| policy.wait(n, &error(TransportErrorKind::Reset), &mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
    }

    proptest! {
        #[test]
        fn waits_grow_and_stay_within_their_cap(seed: u64) {
            let policy = RetryPolicy { max_attempts: 40, ..RetryPolicy::default() };
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut last = Duration::ZERO;
            for failures in 1..=6 {
                let wait = policy.wait(failures, &error(TransportErrorKind::Stalled), &mut rng).unwrap();
                prop_assert!(wait >= last && wait <= policy.cap);
                last = wait;
            }
            prop_assert!(policy.wait(39, &error(TransportErrorKind::Stalled), &mut rng).unwrap() <= policy.cap);
        }

        #[test]
        fn a_server_is_never_asked_again_before_it_wants(seed: u64, seconds in 0_u64..600) {
            let mut throttled = error(TransportErrorKind::Throttled);
            let mut rng = fastrand::Rng::with_seed(seed);
            let policy = RetryPolicy::default();
            let unasked = policy.wait(1, &throttled, &mut rng).unwrap();
            prop_assert!(unasked >= Duration::from_secs(5) && unasked <= Duration::from_secs(10));
            let later: Vec<_> = (2..5).map(|n| policy.wait(n, &throttled, &mut rng).unwrap()).collect();
            prop_assert!(unasked <= later[0] && later.is_sorted() && later[2] <= Duration::from_secs(10));
            throttled.retry_after = Some(Duration::from_secs(seconds));
            prop_assert!(policy.wait(1, &throttled, &mut rng).unwrap() >= Duration::from_secs(seconds));
        }

        #[test]
        fn what_would_fail_again_is_not_tried_again(seed: u64) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let rejected = error(TransportErrorKind::Rejected);
            prop_assert_eq!(RetryPolicy::default().wait(1, &rejected, &mut rng), None);
        }
    }
}
