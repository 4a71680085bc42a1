use std::time::{Duration, Instant};

/// How long an epoch waits, once its last part has begun, for more than half of its parts.
const PATIENCE: Duration = Duration::from_secs(10);

/// Parts that began one after the other, about as many as are in flight, and what became of them.
///
/// All of them are waited for, but for an eighth, which may be stragglers or have failed: the first that are over are the fast ones, and
/// would flatter the number that they began at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch {
    began: Instant,
    /// How many parts belong to it so far, and when the last of all began.
    parts: usize,
    closed: Option<Instant>,
    bytes: u64,
    /// How long the parts that brought them took, together.
    taken: Duration,
    acks: usize,
    /// Of these, how many found somebody waiting for a place.
    pressed: usize,
}

impl Epoch {
    /// Parts belong to it that begin from now on.
    pub(super) fn starting(now: Instant) -> Self {
        Self { began: now, parts: 0, closed: None, bytes: 0, taken: Duration::ZERO, acks: 0, pressed: 0 }
    }

    /// A part is on its way: one of this epoch for `shortest`, and until it has `enough`.
    pub(super) fn sent(&mut self, now: Instant, enough: usize, shortest: Duration) {
        if self.closed.is_some() {
            return;
        }
        self.parts += 1;
        if self.parts >= enough && now.saturating_duration_since(self.began) >= shortest {
            self.closed = Some(now);
        }
    }

    pub(super) fn acknowledged(&mut self, now: Instant, began: Instant, bytes: u64, pressed: bool) {
        if began < self.began || self.closed.is_some_and(|closed| began > closed) {
            return;
        }
        self.bytes += bytes;
        self.taken += now.saturating_duration_since(began);
        self.acks += 1;
        self.pressed += usize::from(pressed);
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        let Some(closed) = self.closed else { return false };
        let enough = match now.saturating_duration_since(closed) >= PATIENCE {
            true => self.parts.div_ceil(2),
            false => self.parts - self.parts / 8,
        };
        self.acks >= enough
    }

    /// Bytes a second; `None` where places were free, so that one more would bring nothing.
    #[allow(clippy::cast_precision_loss, reason = "goodput is compared in per cents")]
    pub(super) fn goodput_of_a_place(&self) -> Option<f64> {
        (self.pressed * 4 >= self.acks * 3 && !self.taken.is_zero())
            .then(|| self.bytes as f64 / self.taken.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An epoch of eight parts that began together, and their beginning.
    fn eight() -> (Epoch, Instant) {
        let began = Instant::now();
        let mut epoch = Epoch::starting(began);
        (0..8).for_each(|_| epoch.sent(began, 8, Duration::ZERO));
        (epoch, began)
    }

    #[test]
    fn all_but_an_eighth_of_its_parts_are_waited_for_and_after_a_while_half() {
        let (mut epoch, began) = eight();
        let now = began + Duration::from_secs(1);
        (0..4).for_each(|_| epoch.acknowledged(now, began, 100, true));
        assert!(!epoch.is_over(now) && epoch.is_over(began + PATIENCE));
        (0..3).for_each(|_| epoch.acknowledged(now, began, 100, true));
        assert!(epoch.is_over(now));
        assert_eq!(epoch.goodput_of_a_place(), Some(100.0));
    }

    #[test]
    fn parts_belong_to_it_for_the_shortest_time_at_least() {
        let (began, shortest) = (Instant::now(), Duration::from_secs(1));
        let mut epoch = Epoch::starting(began);
        (0..8).for_each(|_| epoch.sent(began, 8, shortest));
        (0..8).for_each(|_| epoch.acknowledged(began + shortest / 2, began, 100, true));
        assert!(!epoch.is_over(began + shortest / 2));
        epoch.sent(began + shortest, 8, shortest);
        assert!(epoch.is_over(began + shortest), "eight of nine are over");
    }

    #[test]
    fn parts_that_began_before_or_after_it_do_not_count() {
        let (mut epoch, began) = eight();
        for other in [began - Duration::from_secs(1), began + Duration::from_secs(1)] {
            (0..8).for_each(|_| epoch.acknowledged(began + Duration::from_secs(2), other, 100, true));
        }
        assert!(!epoch.is_over(began + PATIENCE));
    }

    #[test]
    fn it_says_nothing_where_places_were_free() {
        let (mut epoch, began) = eight();
        (0..8).for_each(|n| epoch.acknowledged(began + Duration::from_secs(1), began, 100, n > 2));
        assert_eq!(epoch.goodput_of_a_place(), None);
    }
}
