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
