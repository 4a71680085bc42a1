use std::time::{Duration, Instant};

/// How long an epoch waits, once its last part has begun, for more than half of its parts.
const PATIENCE: Duration = Duration::from_secs(10);

/// Parts that began one after the other, about as many as are in flight, and what became of them.
///
/// All of them are waited for, but for an eighth, which may be stragglers: the first that are over are the fast ones, and
/// would flatter the number that they began at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Epoch {
    /// When the first part of it began, and the last.
    began: Option<Instant>,
    closed: Option<Instant>,
    /// How many belong to it, without those that were lost.
    parts: usize,
    lost: usize,
    bytes: u64,
    /// How long the parts that brought them took, together.
    taken: Duration,
    acks: usize,
    /// Of these, how many found somebody waiting for a place.
    pressed: usize,
}

impl Epoch {
    /// A part is on its way. Whether it is one of this epoch: that takes them for `shortest`, and until it has `enough`.
    pub(super) fn sent(&mut self, now: Instant, enough: usize, shortest: Duration) -> bool {
        if self.closed.is_some() {
            return false;
        }
        let began = *self.began.get_or_insert(now);
        self.parts += 1;
        if self.parts >= enough && now.saturating_duration_since(began) >= shortest {
            self.closed = Some(now);
        }
        true
    }

    /// One of its parts was acknowledged, after such a time.
    pub(super) fn acknowledged(&mut self, took: Duration, bytes: u64, pressed: bool) {
        self.bytes += bytes;
        self.taken += took;
        self.acks += 1;
        self.pressed += usize::from(pressed);
    }

    /// One of its parts came to nothing.
    pub(super) fn lost(&mut self) {
        self.parts = self.parts.saturating_sub(1);
        self.lost += 1;
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        let Some(closed) = self.closed else { return false };
        let enough = match (now.saturating_duration_since(closed) >= PATIENCE, self.parts) {
            (true, parts) => parts.div_ceil(2),
            (false, parts @ ..4) => parts,
            (false, parts) => parts - (parts / 8).max(1),
        };
        self.acks >= enough
    }

    /// Bytes a second that so many places bring; `None` where some were free, so that one more would bring nothing, or most parts
    /// came to nothing.
    #[allow(clippy::cast_precision_loss, reason = "goodput is compared in per cents")]
    pub(super) fn goodput(&self, places: usize) -> Option<f64> {
        (self.pressed * 4 >= self.acks * 3 && self.acks > self.lost && !self.taken.is_zero())
            .then(|| self.bytes as f64 / self.taken.as_secs_f64() * places as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// An epoch of eight parts that began together.
    fn eight(now: Instant) -> Epoch {
        let mut epoch = Epoch::default();
        assert!((0..8).all(|_| epoch.sent(now, 8, Duration::ZERO)));
        assert!(!epoch.sent(now, 8, Duration::ZERO), "the ninth");
        epoch
    }

    #[test]
    fn all_but_an_eighth_of_its_parts_are_waited_for_and_after_a_while_half() {
        let now = Instant::now();
        let mut epoch = eight(now);
        (0..4).for_each(|_| epoch.acknowledged(SECOND, 100, true));
        assert!(!epoch.is_over(now + SECOND) && epoch.is_over(now + PATIENCE));
        (0..3).for_each(|_| epoch.acknowledged(SECOND, 100, true));
        assert!(epoch.is_over(now + SECOND));
        assert_eq!(epoch.goodput(1), Some(100.0));
    }

    #[test]
    fn parts_belong_to_it_for_the_shortest_time_at_least() {
        let (now, mut epoch) = (Instant::now(), Epoch::default());
        assert!((0..8).all(|_| epoch.sent(now, 8, SECOND)));
        (0..8).for_each(|_| epoch.acknowledged(SECOND / 2, 100, true));
        assert!(!epoch.is_over(now + SECOND / 2));
        assert!(epoch.sent(now + SECOND, 8, SECOND));
        assert!(epoch.is_over(now + SECOND), "eight of nine are over");
    }

    #[test]
    fn parts_that_came_to_nothing_are_not_waited_for_and_most_of_them_say_nothing() {
        let now = Instant::now();
        let mut epoch = eight(now);
        (0..3).for_each(|_| epoch.acknowledged(SECOND, 100, true));
        (0..3).for_each(|_| epoch.lost());
        assert!(!epoch.is_over(now + SECOND), "three of five");
        epoch.lost();
        assert!(epoch.is_over(now + SECOND), "three of four");
        assert_eq!(epoch.goodput(1), None);
    }

    #[test]
    fn it_says_nothing_where_places_were_free() {
        let mut epoch = eight(Instant::now());
        (0..8).for_each(|n| epoch.acknowledged(SECOND, 100, n > 2));
        assert_eq!(epoch.goodput(1), None);
    }
}
