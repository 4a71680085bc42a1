//! The pace under virtual time.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::Endpoint::{self, AbortMultipart, CompleteMultipart, InitiateMultipart, Package, Partners};

use super::{Budget, Budgets, Pace};

const MINUTE: Duration = Duration::from_secs(60);

fn writes(requests: u32, per: Duration) -> Pace {
    let write = Some(Budget { requests: requests.try_into().unwrap(), per });
    Pace::new(Budgets { write, ..Budgets::UNLIMITED })
}

/// Has all of them ask at this moment, and answers who went when, in the order in which they went.
async fn all_at_once(
    pace: &Pace,
    endpoints: impl IntoIterator<Item = Endpoint>,
) -> Vec<(Duration, Endpoint)> {
    let (began, went) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
    let asking = endpoints.into_iter().map(|endpoint| {
        let went = Arc::clone(&went);
        async move {
            pace.admit(endpoint).await;
            went.lock().unwrap().push((began.elapsed(), endpoint));
        }
    });
    futures::future::join_all(asking).await;
    went.lock().unwrap().clone()
}

fn throttled(retry_after: Option<u64>) -> TransportError {
    TransportError {
        status: Some(429),
        retry_after: retry_after.map(Duration::from_secs),
        ..TransportError::new(Kind::Throttled, "planted")
    }
}

#[tokio::test(start_paused = true)]
async fn no_span_of_the_period_has_more_requests_than_the_budget() {
    for (requests, per) in [(1, MINUTE), (2, MINUTE), (3, MINUTE), (10, MINUTE), (120, MINUTE), (600, MINUTE)]
    {
        let pace = writes(requests, per);
        // Some after a rest, when the bucket is full again: that is when a simple bucket lets too many pass.
        let mut went = Vec::new();
        for rest in [0, 61, 7, 200, 1] {
            tokio::time::advance(Duration::from_secs(rest)).await;
            let now = Instant::now();
            let batch = all_at_once(&pace, vec![InitiateMultipart; requests as usize * 2]).await;
            let took = batch[batch.len() - 1].0;
            assert!(took < 3 * per, "twice {requests} took {took:?}: the budget is hardly used");
            went.extend(batch.into_iter().map(|(after, _)| now + after));
        }
        let requests = requests as usize;
        for span in went.windows(requests + 1) {
            let length = span[requests] - span[0];
            assert!(length > per, "{requests} and one more went within {length:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_batch_does_not_wait() {
    let went = all_at_once(&Pace::default(), vec![InitiateMultipart; 30]).await;
    assert!(went.iter().all(|(after, _)| after.is_zero()), "{went:?}");
}

#[tokio::test(start_paused = true)]
async fn what_finishes_goes_before_what_begins_also_when_it_comes_later() {
    let pace = writes(4, MINUTE);
    let began = Instant::now();
    let late = async {
        // By now one initiate has gone and nine wait, the first of them already for its moment.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let went = all_at_once(&pace, [CompleteMultipart, AbortMultipart]).await;
        (went, began.elapsed())
    };
    let (begun, (finished, last_finished)) =
        tokio::join!(all_at_once(&pace, vec![InitiateMultipart; 10]), late);
    assert_eq!(finished.iter().map(|(_, e)| *e).collect::<Vec<_>>(), [CompleteMultipart, AbortMultipart]);
    let between = begun.iter().filter(|(after, _)| !after.is_zero() && *after < last_finished).count();
    assert_eq!(between, 0, "an initiate went before a complete that was waiting: {begun:?}");
    assert_eq!(begun.len(), 10, "and none of them starved");
}

#[tokio::test(start_paused = true)]
async fn one_429_makes_everyone_of_its_class_wait_and_nobody_else() {
    for budgets in [Budgets::default(), Budgets::UNLIMITED] {
        let pace = Pace::new(budgets);
        pace.learn(InitiateMultipart, &throttled(Some(7)));
        pace.learn(InitiateMultipart, &throttled(Some(2)));
        let went = all_at_once(&pace, [InitiateMultipart, CompleteMultipart, Partners, Package]).await;
        let seconds: Vec<(u64, Endpoint)> = went.iter().map(|(after, e)| (after.as_secs(), *e)).collect();
        assert_eq!(seconds, [(0, Partners), (0, Package), (7, CompleteMultipart), (7, InitiateMultipart)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_reaches_those_who_wait_already() {
    let pace = writes(1, Duration::from_secs(10));
    let hold = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        pace.learn(InitiateMultipart, &throttled(Some(30)));
    };
    let (went, ()) = tokio::join!(all_at_once(&pace, vec![InitiateMultipart; 2]), hold);
    assert_eq!((went[0].0.as_secs(), went[1].0.as_secs()), (0, 31));
}

#[tokio::test(start_paused = true)]
async fn only_throttling_and_a_503_that_asks_for_it_make_anyone_wait() {
    let error = |kind, status, retry_after| TransportError {
        status: Some(status),
        retry_after,
        ..TransportError::new(kind, "planted")
    };
    let asked = Some(Duration::from_secs(3600));
    for (error, seconds) in [
        (throttled(None), 5),
        (error(Kind::Server, 503, asked), 600),
        (error(Kind::Server, 503, None), 0),
        (error(Kind::Server, 500, asked), 0),
        (error(Kind::Rejected, 422, asked), 0),
    ] {
        let pace = Pace::new(Budgets::UNLIMITED);
        pace.learn(InitiateMultipart, &error);
        let went = all_at_once(&pace, [CompleteMultipart]).await;
        assert_eq!(went[0].0.as_secs(), seconds, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_holds_nobody_up() {
    let pace = writes(1, Duration::from_secs(10));
    pace.admit(InitiateMultipart).await;
    let mut first = Box::pin(pace.admit(InitiateMultipart));
    assert!(futures::poll!(&mut first).is_pending());
    let began = Instant::now();
    let second = pace.admit(InitiateMultipart);
    let dropping = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        drop(first);
    };
    tokio::join!(second, dropping);
    assert_eq!(began.elapsed().as_secs(), 10, "it takes the place of the one before it");
}
