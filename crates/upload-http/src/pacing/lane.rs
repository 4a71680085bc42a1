use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    RateLimiter,
    clock::Clock as _,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::{sync::Notify, time::Instant};

use super::{Budget, clock::TokioSpan, priority::Priority};

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioSpan, NoOpMiddleware<Duration>>;

/// One class of requests: a queue before its budget. Only the first in the queue asks the budget, so that nobody
/// overtakes but by priority.
pub(super) struct Lane {
    name: &'static str,
    budget: Option<(Budget, TokioSpan, Limiter)>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: BTreeMap<Place, Arc<Notify>>,
    /// How many have come so far.
    arrivals: u64,
    /// Nobody goes before this.
    not_before: Option<Instant>,
    /// It has been said that requests wait.
    told: bool,
}

/// Sorted by who goes first.
type Place = (Priority, u64);

/// What the one who asks has to do.
enum Turn {
    Go,
    Sleep(Instant),
    WaitBehind,
}

impl Lane {
    pub(super) fn new(name: &'static str, budget: Option<Budget>) -> Self {
        let budget = budget.and_then(|budget| {
            let clock = TokioSpan::start();
            let limiter = RateLimiter::direct_with_clock(budget.quota()?, clock.clone());
            Some((budget, clock, limiter))
        });
        Self { name, budget, queue: Mutex::default() }
    }

    /// Resolves when a request may go. Dropping the future gives the place up.
    pub(super) async fn admit(&self, priority: Priority) {
        let ticket = self.line_up(priority);
        let mut logged = false;
        loop {
            match self.turn(ticket.place) {
                Turn::Go => return,
                Turn::Sleep(until) => {
                    if !logged {
                        self.log_wait(until);
                        logged = true;
                    }
                    tokio::time::sleep_until(until).await;
                }
                Turn::WaitBehind => ticket.called.notified().await,
            }
        }
    }

    /// Lets nobody go for this long.
    pub(super) fn hold(&self, wait: Duration) {
        let Some(until) = Instant::now().checked_add(wait) else { return };
        let mut queue = self.queue();
        if queue.not_before.is_none_or(|known| known < until) {
            queue.not_before = Some(until);
            let (class, seconds) = (self.name, wait.as_secs_f32());
            tracing::info!(target: "upload_http::pacing", class, seconds, "the platform wants a pause");
        }
    }

    fn line_up(&self, priority: Priority) -> Ticket<'_> {
        let mut queue = self.queue();
        queue.arrivals += 1;
        let (place, called) = ((priority, queue.arrivals), Arc::new(Notify::new()));
        queue.waiting.insert(place, Arc::clone(&called));
        Ticket { lane: self, place, called }
    }

    fn turn(&self, place: Place) -> Turn {
        let queue = self.queue();
        if queue.waiting.first_key_value().is_some_and(|(first, _)| *first < place) {
            return Turn::WaitBehind;
        }
        let now = Instant::now();
        if let Some(until) = queue.not_before.filter(|until| *until > now) {
            return Turn::Sleep(until);
        }
        let Some((_, clock, limiter)) = &self.budget else { return Turn::Go };
        match limiter.check() {
            Ok(()) => Turn::Go,
            Err(not_until) => Turn::Sleep(now + not_until.wait_time_from(clock.now())),
        }
    }

    fn log_wait(&self, until: Instant) {
        let mut queue = self.queue();
        let (class, waiting) = (self.name, queue.waiting.len());
        let seconds = until.saturating_duration_since(Instant::now()).as_secs_f32();
        tracing::debug!(target: "upload_http::pacing", class, seconds, waiting, "waits for its turn");
        if let (Some((budget, ..)), false) = (&self.budget, queue.told) {
            queue.told = true;
            let (requests, per) = (budget.requests, budget.per.as_secs_f32());
            tracing::info!(target: "upload_http::pacing", class, requests, per, "requests wait for their budget");
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue. When it goes, by having had its turn or by giving up, the next is called.
struct Ticket<'a> {
    lane: &'a Lane,
    place: Place,
    called: Arc<Notify>,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut queue = self.lane.queue();
        queue.waiting.remove(&self.place);
        if let Some((_, next)) = queue.waiting.first_key_value() {
            next.notify_one();
        }
    }
}
