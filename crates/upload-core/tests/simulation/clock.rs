//! Virtual time: it passes when nobody can do anything without it.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::OnceLock,
    task::{Context, Poll, Waker},
    time::{Duration, Instant, SystemTime},
};

use futures::{FutureExt, future::BoxFuture};
use upload_core::Clock;

use crate::world::World;

/// What the clock on the wall shows when a story begins: 2026-06-01T12:00:00Z, in seconds since 1970.
const BEGINNING: u64 = 1_780_315_200;

/// The time since the story began, and who waits for when.
#[derive(Default)]
pub(crate) struct Time {
    pub(crate) now: Duration,
    timers: BTreeMap<(Duration, u64), Waker>,
    next: u64,
}

impl Time {
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        self.timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Wakes the first whose time has come.
    pub(crate) fn fire(&mut self) {
        if self.next_timer().is_some_and(|at| at <= self.now)
            && let Some((_, waker)) = self.timers.pop_first()
        {
            waker.wake();
        }
    }

    pub(crate) fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(BEGINNING) + self.now
    }

    pub(crate) fn wall_seconds(&self) -> u64 {
        BEGINNING + self.now.as_secs()
    }

    pub(crate) fn wall_millis(&self) -> u64 {
        BEGINNING * 1000 + self.now.as_millis() as u64
    }
}

/// An `Instant` cannot be made up: all are counted from this one.
fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

impl Clock for World {
    fn now(&self) -> Instant {
        origin() + self.state().time.now
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        self.until(deadline.saturating_duration_since(origin())).boxed()
    }
}

impl World {
    pub(crate) fn sleep(&self, time: Duration) -> Sleep {
        let now = self.state().time.now;
        self.until(now + time)
    }

    fn until(&self, deadline: Duration) -> Sleep {
        Sleep { world: self.clone(), deadline, place: None }
    }
}

pub(crate) struct Sleep {
    world: World,
    deadline: Duration,
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (world, deadline) = (self.world.clone(), self.deadline);
        let mut state = world.state();
        let time = &mut state.time;
        if deadline <= time.now {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            time.next += 1;
            time.next
        });
        time.timers.insert((deadline, place), cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.world.state().time.timers.remove(&(self.deadline, place));
        }
    }
}
