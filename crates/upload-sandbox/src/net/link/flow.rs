use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Rate, Shared, bucket::Bucket, window::Window};

/// The most that is read at once, and the least: a portion lasts about five milliseconds in between.
const PORTIONS: std::ops::RangeInclusive<u64> = 1460..=64 * 1024;
const PORTION_TIME: Duration = Duration::from_millis(5);
/// How late a reader may come and still get what the link has carried meanwhile: what a busy machine lets a task wait.
const LATENESS: Duration = Duration::from_millis(250);

/// What one connection may read, and when.
#[derive(Debug)]
pub(super) struct Flow {
    shared: Arc<Shared>,
    own: Option<Bucket>,
    window: Option<Window>,
    portion: u64,
    /// Nothing is read before this; and what was read up to now has arrived by then.
    next: Instant,
    /// Since when the client has had nothing on the way.
    idle: Option<Instant>,
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
            idle: None,
            shared,
        }
    }

    /// How many bytes may be read now; or when some may.
    pub(super) fn room(&mut self, now: Instant) -> Result<u64, Instant> {
        loop {
            if now < self.next {
                return Err(self.next);
            }
            let at = self.as_of(now);
            match self.window.as_mut().map(|window| window.room(at)) {
                // Only the reader is behind: the window has opened since.
                Some(Err(end)) if end <= now => self.next = end,
                Some(room) => return room.map(|room| room.min(self.portion)),
                None => return Ok(self.portion),
            }
        }
    }

    /// So many bytes were read.
    pub(super) fn took(&mut self, bytes: u64, now: Instant) {
        if bytes == 0 {
            return;
        }
        let at = self.as_of(now);
        self.idle = None;
        let own = self.own.as_mut().map_or(at, |own| own.take(bytes, at));
        self.next = self.shared.take(bytes, at).max(own);
        if let Some(window) = &mut self.window {
            window.take(bytes, at);
        }
    }

    /// The client has nothing on the way, or has to wait for an answer: until the next byte, that is not the reader's time.
    pub(super) fn is_idle(&mut self, now: Instant) {
        self.idle.get_or_insert(now);
    }

    /// When bytes that are read now would have been read by somebody who is never woken late.
    fn as_of(&self, now: Instant) -> Instant {
        let behind = self.idle.unwrap_or(now).saturating_duration_since(self.next);
        now.checked_sub(behind.min(LATENESS)).unwrap_or(now)
    }

    /// When something written now comes out at the other end: not before all that was read has arrived, and after the way
    /// there and back.
    pub(super) fn leaves(&self, now: Instant) -> Instant {
        self.next.max(now) + self.shared.link.rtt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Link, SharedLink};

    const LATE: Duration = Duration::from_millis(100);

    /// What a reader gets within 10 s that is woken late each time it has to wait, of a sender that always has more.
    fn read_late(link: Link) -> u64 {
        let shared = SharedLink::new(link, 0);
        let begun = Instant::now();
        let mut flow = Flow::new(shared, link.per_connection, begun);
        let (mut now, mut read) = (begun, 0);
        while now < begun + Duration::from_secs(10) {
            match flow.room(now) {
                Ok(room) => {
                    flow.took(room, now);
                    read += room;
                }
                Err(when) => now = when + LATE,
            }
        }
        read
    }

    #[test]
    fn a_reader_that_is_woken_late_gets_the_whole_rate_and_no_more() {
        let rate = "1MB".parse().ok();
        for link in [
            Link { rate, ..Link::default() },
            Link { per_connection: rate, ..Link::default() },
            Link { rate, rtt: Duration::from_millis(80), ..Link::default() },
        ] {
            let read = read_late(link);
            assert!((9_500_000..10_500_000).contains(&read), "{read} bytes of 10 MB over {link:?}");
        }
    }

    #[test]
    fn what_a_client_does_not_send_does_not_come_back() {
        let shared = SharedLink::new(Link { rate: "1MB".parse().ok(), ..Link::default() }, 0);
        let begun = Instant::now();
        let mut flow = Flow::new(shared, None, begun);
        let idle = begun + LATE;
        flow.is_idle(begun);
        assert!(flow.room(idle).is_ok());
        flow.took(100_000, idle);
        // But for the 10 ms that a bucket forgives.
        assert_eq!(flow.room(idle), Err(begun + LATE * 2 - Duration::from_millis(10)));
    }

    #[test]
    fn whoever_comes_far_too_late_catches_up_on_a_quarter_of_a_second() {
        let shared = SharedLink::new(Link { rate: "1MB".parse().ok(), ..Link::default() }, 0);
        let begun = Instant::now();
        let mut flow = Flow::new(shared, None, begun);
        let late = begun + Duration::from_secs(60);
        let mut read = 0;
        while let Ok(room) = flow.room(late) {
            flow.took(room, late);
            read += room;
        }
        assert!((250_000..=270_000).contains(&read), "{read} bytes at once");
    }
}
