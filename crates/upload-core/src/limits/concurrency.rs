use std::num::NonZeroUsize;

/// How the number of parts in flight is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// Always so many.
    Fixed(NonZeroUsize),
    /// As many as serve best, found by a [`Controller`](super::Controller).
    Adaptive {
        /// To begin with.
        start: NonZeroUsize,
        /// The most there may ever be.
        most: NonZeroUsize,
    },
}

impl Concurrency {
    /// The most parts that can be in flight.
    #[must_use]
    pub fn most(self) -> NonZeroUsize {
        match self {
            Self::Fixed(limit) => limit,
            Self::Adaptive { most, .. } => most,
        }
    }

    /// How many parts a file's machine should ask to send at once
    /// ([`MultipartConfig::concurrency`](crate::MultipartConfig)): some more than ever get a place, since whether others wait
    /// for one tells whether places are scarce. A part that waits holds no bytes.
    #[must_use]
    pub fn to_ask_for(self) -> NonZeroUsize {
        match self {
            Self::Fixed(limit) => limit,
            Self::Adaptive { most, .. } => most.saturating_add(most.get().div_ceil(8).max(8)),
        }
    }
}

impl Default for Concurrency {
    /// From 8 to 64: enough to fill a gigabit at 250 ms of round trip with slow connections, as the simulation beside the
    /// controller shows.
    fn default() -> Self {
        let eight = NonZeroUsize::MIN.saturating_add(7);
        Self::Adaptive { start: eight, most: eight.saturating_mul(eight) }
    }
}
