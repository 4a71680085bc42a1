use std::time::Duration;

use tokio::time::Instant;

/// What a sender may have on the way before the first acknowledgement: ten segments (RFC 6928) of 1460 bytes.
const INITIAL: u64 = 10 * 1460;
/// The largest window: Linux's own limit for a sender's buffer (`net.ipv4.tcp_wmem`).
const LARGEST: u64 = 4 * 1024 * 1024;
/// What a sender waits for an acknowledgement beyond a round trip before it starts small again (Linux: 200 ms).
const PATIENCE: Duration = Duration::from_millis(200);

/// How many bytes a connection may have on the way: so many each round trip, doubled after each that used them all (slow
/// start). No packet is ever lost, so it does not shrink, but after a pause.
#[derive(Debug)]
pub(super) struct Window {
    rtt: Duration,
    size: u64,
    left: u64,
    /// When the current round trip is over.
    round_ends: Option<Instant>,
}

impl Window {
    pub(super) fn new(rtt: Duration) -> Self {
        Self { rtt, size: INITIAL, left: INITIAL, round_ends: None }
    }

    /// How many bytes may come now; or when some may.
    pub(super) fn room(&mut self, now: Instant) -> Result<u64, Instant> {
        match self.round_ends {
            Some(end) if now < end => return if self.left > 0 { Ok(self.left) } else { Err(end) },
            Some(end) if now > end + self.rtt + PATIENCE => self.size = INITIAL,
            Some(_) if self.left == 0 => self.size = (self.size * 2).min(LARGEST),
            _ => {}
        }
        // The round begins with its first byte, not with the question.
        self.round_ends = None;
        self.left = self.size;
        Ok(self.left)
    }

    /// So many bytes have come.
    pub(super) fn take(&mut self, bytes: u64, now: Instant) {
        self.left = self.left.saturating_sub(bytes);
        self.round_ends.get_or_insert(now + self.rtt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(100);

    /// Uses up a whole round trip's window, and answers its size.
    fn round(window: &mut Window, now: Instant) -> u64 {
        let room = window.room(now).unwrap();
        window.take(room, now);
        assert_eq!(window.room(now + RTT / 2), Err(now + RTT));
        room
    }

    #[test]
    fn it_doubles_each_round_trip_up_to_its_limit() {
        let (mut window, mut now) = (Window::new(RTT), Instant::now());
        let mut sizes = Vec::new();
        for _ in 0..12 {
            sizes.push(round(&mut window, now));
            now += RTT;
        }
        assert_eq!(sizes[..3], [INITIAL, 2 * INITIAL, 4 * INITIAL]);
        assert_eq!(sizes[10..], [LARGEST, LARGEST]);
    }

    #[test]
    fn it_stays_where_the_sender_has_less_to_send() {
        let (mut window, now) = (Window::new(RTT), Instant::now());
        window.room(now).unwrap();
        window.take(100, now);
        assert_eq!(window.room(now + RTT), Ok(INITIAL));
    }

    #[test]
    fn it_starts_small_again_after_a_pause() {
        let (mut window, now) = (Window::new(RTT), Instant::now());
        round(&mut window, now);
        assert_eq!(window.room(now + RTT), Ok(2 * INITIAL));
        window.take(2 * INITIAL, now + RTT);
        assert_eq!(window.room(now + RTT * 3 + PATIENCE * 2), Ok(INITIAL));
    }
}
