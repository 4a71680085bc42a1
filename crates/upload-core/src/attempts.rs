use std::{future::Future, time::Duration};

use crate::{Clock, Failure, RetryPolicy, Step, TransportError};

/// What a lost answer means for a call: whether carrying it out twice does harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Twice does no harm: a call is sent again whenever that stands a chance.
    AtLeastOnce,
    /// Twice does harm: a call is sent again only after an answer, or a failure to connect, that proves it was not
    /// carried out. See [`TransportErrorKind::leaves_outcome_unknown`](crate::TransportErrorKind::leaves_outcome_unknown).
    #[default]
    AtMostOnce,
}

/// The retry loop for single calls, such as a direct upload or a batch of records: what the machines do for the steps of
/// an upload, for calls that need no machine. Runs on any executor.
#[derive(Clone)]
pub struct Attempts<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// How often and how patiently.
    pub policy: RetryPolicy,
    /// What a lost answer means.
    pub delivery: Delivery,
    /// What is being tried, for messages.
    pub step: Step,
    /// Where the jitter comes from; the same seed waits the same.
    pub seed: u64,
}

/// A try that failed and will be followed by another.
#[derive(Debug)]
pub struct Retrying<'a> {
    /// The number of the try that failed, from 1.
    pub attempt: u32,
    /// How long until the next.
    pub wait: Duration,
    /// What happened.
    pub error: &'a TransportError,
}

impl Attempts<'_> {
    /// Calls `send` with the number of the try, from 1, until it succeeds or there is no point in going on. Answers
    /// with the number of tries it took.
    ///
    /// # Errors
    /// The last failure, with the number of tries.
    pub async fn run<T, F>(
        &self,
        mut observe: impl FnMut(&Retrying<'_>),
        mut send: impl FnMut(u32) -> F,
    ) -> Result<(T, u32), Failure>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let mut attempt = 1;
        loop {
            let error = match send(attempt).await {
                Ok(done) => return Ok((done, attempt)),
                Err(error) => error,
            };
            let may_be_done = self.delivery == Delivery::AtMostOnce && error.kind.leaves_outcome_unknown();
            let wait = self.policy.wait(attempt, &error, &mut rng).filter(|_| !may_be_done);
            let Some(wait) = wait else {
                return Err(Failure::Request { step: self.step, attempts: attempt, error });
            };
            observe(&Retrying { attempt, wait, error: &error });
            self.clock.sleep_until(self.clock.now() + wait).await;
            attempt += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Instant};

    use futures::{FutureExt, executor::block_on, future::BoxFuture};

    use super::*;
    use crate::TransportErrorKind as Kind;

    /// Time that passes only by waiting for it.
    struct Skipping(Mutex<Instant>);

    impl Clock for Skipping {
        fn now(&self) -> Instant {
            *self.0.lock().unwrap()
        }

        fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
            *self.0.lock().unwrap() = deadline;
            std::future::ready(()).boxed()
        }
    }

    /// How many tries it takes when these failures come first, or the kind that ended it.
    fn tries(delivery: Delivery, failures: &[Kind]) -> Result<u32, (u32, Kind)> {
        let clock = Skipping(Mutex::new(Instant::now()));
        let attempts =
            Attempts { clock: &clock, policy: RetryPolicy::default(), delivery, step: Step::Ingest, seed: 1 };
        let mut observed = 0;
        let sent = attempts.run(
            |_| observed += 1,
            |attempt| {
                let failure = failures.get(attempt as usize - 1);
                std::future::ready(failure.map_or(Ok(()), |kind| Err(TransportError::new(*kind, "planted"))))
            },
        );
        match block_on(sent) {
            Ok(((), count)) => {
                assert_eq!(observed, count - 1, "every failure is told");
                Ok(count)
            }
            Err(Failure::Request { attempts, error, .. }) => Err((attempts, error.kind)),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lost_answer_is_sent_again_only_where_twice_does_no_harm() {
        for lost in [Kind::Reset, Kind::Stalled] {
            assert_eq!(tries(Delivery::AtLeastOnce, &[lost]), Ok(2), "{lost:?}");
            assert_eq!(tries(Delivery::AtMostOnce, &[lost]), Err((1, lost)), "{lost:?}");
        }
        for not_done in [Kind::Connect, Kind::Throttled, Kind::Server] {
            assert_eq!(tries(Delivery::AtMostOnce, &[not_done; 4]), Ok(5), "{not_done:?}");
        }
    }

    #[test]
    fn it_ends_where_the_policy_does_and_at_once_where_nothing_would_change() {
        assert_eq!(tries(Delivery::AtLeastOnce, &[Kind::Server; 9]), Err((5, Kind::Server)));
        assert_eq!(tries(Delivery::AtLeastOnce, &[Kind::Rejected]), Err((1, Kind::Rejected)));
    }
}
