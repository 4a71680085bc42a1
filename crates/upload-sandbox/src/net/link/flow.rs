use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Rate, Shared, bucket::Bucket, window::Window};

/// The most that is read at once, and the least: a portion lasts about five milliseconds in between.
const PORTIONS: std::ops::RangeInclusive<u64> = 1460..=64 * 1024;
const PORTION_TIME: Duration = Duration::from_millis(5);

/// What one connection may read, and when.
#[derive(Debug)]
pub(super) struct Flow {
    shared: Arc<Shared>,
    own: Option<Bucket>,
    window: Option<Window>,
    portion: u64,
    /// Nothing is read before this; and what was read up to now has arrived by then.
    next: Instant,
}

impl Flow {
    /// A connection that a client has just opened: its first byte could not come before it knew that.
    pub(super) fn new(shared: Arc<Shared>, own: Option<Rate>, now: Instant) -> Self {
        let rtt = shared.link.rtt;
        let slowest = own.into_iter().chain(shared.link.rate).min();
        let portion = slowest.map_or(*PORTIONS.end(), |rate| rate.bytes_in(PORTION_TIME));
        Self {
            own: own.map(|rate| Bucket::new(rate, now)),
            window: (!rtt.is_zero()).then(|| Window::new(rtt)),
            portion: portion.clamp(*PORTIONS.start(), *PORTIONS.end()),
            next: now + rtt,
            shared,
        }
    }

    /// How many bytes may be read now; or when some may.
    pub(super) fn room(&mut self, now: Instant) -> Result<u64, Instant> {
        if now < self.next {
            return Err(self.next);
        }
        match &mut self.window {
            Some(window) => window.room(now).map(|room| room.min(self.portion)),
            None => Ok(self.portion),
        }
    }

    /// So many bytes were read.
    pub(super) fn took(&mut self, bytes: u64, now: Instant) {
        if bytes == 0 {
            return;
        }
        let own = self.own.as_mut().map_or(now, |own| own.take(bytes, now));
        self.next = self.shared.take(bytes, now).max(own);
        if let Some(window) = &mut self.window {
            window.take(bytes, now);
        }
    }

    /// When something written now comes out at the other end: not before all that was read has arrived, and after the way
    /// there and back.
    pub(super) fn leaves(&self, now: Instant) -> Instant {
        self.next.max(now) + self.shared.link.rtt
    }
}
