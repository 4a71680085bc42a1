use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::{io::AsyncWrite, time::Instant};

use super::{Line, Link, bucket::Bucket, flow::Flow, spec::Rate};

/// A link as all its connections share it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) link: Link,
    all: Option<Mutex<Bucket>>,
    seed: u64,
    connections: AtomicU64,
}

impl Shared {
    /// The seed decides which connections are slow.
    pub(crate) fn new(link: Link, seed: u64) -> Arc<Self> {
        let all = link.rate.map(|rate| Mutex::new(Bucket::new(rate, Instant::now())));
        Arc::new(Self { link, all, seed, connections: AtomicU64::new(0) })
    }

    /// A connection that was just opened.
    pub(crate) fn connect<S: AsyncWrite + Unpin>(self: &Arc<Self>, stream: S) -> Line<S> {
        let number = self.connections.fetch_add(1, Relaxed);
        let flow = Flow::new(Arc::clone(self), self.own_rate(number), Instant::now());
        Line::shaped(stream, flow)
    }

    /// What a connection may bring for its own part, by its number.
    fn own_rate(&self, number: u64) -> Option<Rate> {
        let slow = self.link.slow_connections.filter(|slow| {
            // Multiplied, so that neighbouring seeds and numbers have nothing in common.
            let mixed = self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            slow.probability.happens(fastrand::Rng::with_seed(mixed).u32(0..1_000_000))
        });
        slow.map(|slow| slow.rate).into_iter().chain(self.link.per_connection).min()
    }

    /// Takes so many bytes of what all have together, and answers when they are paid for.
    pub(super) fn take(&self, bytes: u64, now: Instant) -> Instant {
        let Some(all) = &self.all else { return now };
        all.lock().unwrap_or_else(PoisonError::into_inner).take(bytes, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_slows_the_same_connections_down_and_the_lower_rate_counts() {
        let link = Link {
            per_connection: "1MB".parse().ok(),
            slow_connections: "0.25:10kB".parse().ok(),
            ..Link::default()
        };
        let rates = |seed| {
            let shared = Shared::new(link, seed);
            (0..1000).map(|number| shared.own_rate(number).unwrap()).collect::<Vec<_>>()
        };
        let slow = rates(7).iter().filter(|rate| **rate == "10kB".parse().unwrap()).count();
        assert!((200..300).contains(&slow), "{slow} of 1000");
        assert_eq!(rates(7), rates(7));
        assert_ne!(rates(7), rates(8));
    }
}
