use std::time::Duration;

use tokio::time::Instant;

use super::Rate;

/// How much of its time a bucket may catch up on: a timer that comes late, by a millisecond or so, must cost no rate.
const CREDIT: Duration = Duration::from_millis(10);

/// A token bucket that is drawn on after the fact: bytes are taken first, and the next ones wait until these are paid for.
/// As long as everybody takes small portions, all get the same share, in the order in which they come.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// When everything taken so far is paid for.
    paid: Instant,
}

impl Bucket {
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, paid: now }
    }

    /// Takes so many bytes, and answers when they are paid for.
    pub(super) fn take(&mut self, bytes: u64, now: Instant) -> Instant {
        let earliest = now.checked_sub(CREDIT).unwrap_or(now);
        self.paid = self.paid.max(earliest) + self.rate.time_for(bytes);
        self.paid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_paid_for_at_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new("1kB".parse().unwrap(), start);
        let mut last = start;
        for _ in 0..10 {
            last = bucket.take(500, last);
        }
        assert_eq!(last, start + Duration::from_secs(5));
    }

    #[test]
    fn little_of_the_time_that_was_not_used_comes_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new("1kB".parse().unwrap(), start);
        let later = start + Duration::from_secs(60);
        assert_eq!(bucket.take(1000, later), later + Duration::from_secs(1) - CREDIT);
    }
}
