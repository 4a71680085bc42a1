use std::time::{Duration, SystemTime};

/// The last second of the year 9999: no HTTP date is later.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The time as this sandbox tells it: right, or off by so many seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    skew: i64,
}

impl Clock {
    /// A clock that is ahead by `skew` seconds; behind, where it is negative.
    pub(crate) fn skewed(skew: i64) -> Self {
        Self { skew }
    }

    pub(crate) fn is_right(self) -> bool {
        self.skew == 0
    }

    pub(crate) fn now(self) -> SystemTime {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let off = Duration::from_secs(self.skew.unsigned_abs());
        let told = if self.skew < 0 { now.saturating_sub(off) } else { now.saturating_add(off) };
        SystemTime::UNIX_EPOCH + told.min(LAST)
    }

    /// Seconds since 1970.
    pub(crate) fn unix_seconds(self) -> u64 {
        self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skewed_clock_is_off_by_its_skew() {
        let right = Clock::default().unix_seconds();
        assert!(Clock::skewed(3600).unix_seconds() >= right + 3600);
        assert!(Clock::skewed(-3600).unix_seconds() < right - 3590);
    }

    #[test]
    fn it_stays_within_what_an_http_date_can_say() {
        assert_eq!(httpdate::fmt_http_date(Clock::skewed(i64::MIN).now()), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(httpdate::fmt_http_date(Clock::skewed(i64::MAX).now()), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
