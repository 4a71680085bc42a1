use std::time::{Duration, Instant, SystemTime};

use upload_core::{Checkpoint, Concurrency};

use crate::output::{rate, roughly};

/// The speed of less than this is no measure, unless the URLs live for less than ten times as long.
const TELLING: Duration = Duration::from_secs(10);

/// Whether an upload can be through before its URLs end, by the speed so far.
#[derive(Debug)]
pub(super) struct Outlook {
    began: Instant,
    /// When the first URL of a missing part ends.
    ends: Instant,
    missing: u64,
    stored: u64,
    told: bool,
    /// It has been begun anew already, and will not be again.
    pub(super) is_last: bool,
}

impl Outlook {
    /// The outlook of an upload that sends its missing parts from now on; `None` where its URLs do not say when they end.
    ///
    /// `begun_here` tells that the URLs have just been signed: they then live as long as they say, whatever this machine's clock
    /// thinks the time is.
    pub(super) fn new(
        checkpoint: &Checkpoint,
        begun_here: bool,
        now: Instant,
        clock: SystemTime,
    ) -> Option<Self> {
        let missing =
            checkpoint.plan.part_numbers().zip(&checkpoint.etags).filter(|(_, etag)| etag.is_none());
        let (mut bytes, mut left) = (0, None);
        for (part, _) in missing {
            bytes += checkpoint.plan.range(part).len;
            let url = checkpoint.urls.get(part.index())?;
            let since = url.signed_at().filter(|_| begun_here).unwrap_or(clock);
            let this = url.expires_at()?.duration_since(since).unwrap_or_default();
            left = Some(left.map_or(this, |left: Duration| left.min(this)));
        }
        Some(Self {
            began: now,
            ends: now.checked_add(left?)?,
            missing: bytes,
            stored: 0,
            told: false,
            is_last: false,
        })
    }

    /// Takes in that a part is stored. Where the rest will not be in time, it says so, once.
    pub(super) fn stored(
        &mut self,
        bytes_stored: u64,
        now: Instant,
        concurrency: Concurrency,
    ) -> Option<String> {
        self.stored += bytes_stored;
        let (taken, life) = (now - self.began, self.ends.saturating_duration_since(self.began));
        let rest = self.missing.saturating_sub(self.stored);
        if self.told || self.stored == 0 || rest == 0 || taken < TELLING.min(life / 10) {
            return None;
        }
        let needs =
            Duration::try_from_secs_f64(taken.as_secs_f64() * rest as f64 / self.stored as f64).ok()?;
        let left = self.ends.saturating_duration_since(now);
        if needs <= left {
            return None;
        }
        self.told = true;
        let speed = rate(self.stored, taken);
        let remedy = match concurrency {
            Concurrency::Fixed(parts) => format!("a --concurrency of more than {parts}"),
            Concurrency::Adaptive { .. } => "a faster link".to_owned(),
        };
        let end = match self.is_last {
            true => "it will fail",
            false => "it will be begun anew once, and fail if that is no faster",
        };
        Some(format!(
            "at {speed} the rest needs {}, and its URLs end in {}: {end}. \
             What helps: {remedy}, or URLs that the platform signs for longer",
            roughly(needs),
            roughly(left),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use upload_core::{CHECKPOINT_VERSION, Plan};

    use super::*;

    const MIB: u64 = 1024 * 1024;
    const EIGHT: Concurrency = Concurrency::Fixed(NonZeroUsize::MIN.saturating_add(7));

    /// 100 parts of 5 MiB, whose URLs live for a minute; ten are stored.
    fn checkpoint() -> Checkpoint {
        let url = "https://s/k?X-Amz-Date=20260601T120000Z&X-Amz-Expires=60";
        let mut etags = vec![None; 100];
        etags[..10].fill(Some("e".parse().unwrap()));
        Checkpoint {
            version: CHECKPOINT_VERSION,
            filename: "a".into(),
            upload_type: "t".parse().unwrap(),
            plan: Plan::propose(500 * MIB, Some(5 * MIB)).unwrap(),
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            urls: vec![url.parse().unwrap(); 100],
            etags,
            completing: false,
        }
    }

    fn after(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn what_cannot_be_through_in_time_is_told_once_and_early() {
        let (now, clock) = (Instant::now(), SystemTime::UNIX_EPOCH);
        let mut outlook = Outlook::new(&checkpoint(), true, now, clock).unwrap();
        // 1 s a part, 90 to go.
        assert_eq!(outlook.stored(5 * MIB, now + after(1.0), EIGHT), None, "too early to tell");
        for part in 2..6 {
            assert_eq!(outlook.stored(5 * MIB, now + after(f64::from(part)), EIGHT), None);
        }
        let told = outlook.stored(5 * MIB, now + after(6.0), EIGHT).unwrap();
        assert!(told.contains("5.0 MiB/s") && told.contains("--concurrency of more than 8"), "{told}");
        assert_eq!(outlook.stored(5 * MIB, now + after(7.0), EIGHT), None, "once");
    }

    #[test]
    fn what_will_be_in_time_is_not_talked_about() {
        let (now, clock) = (Instant::now(), SystemTime::UNIX_EPOCH);
        let mut outlook = Outlook::new(&checkpoint(), true, now, clock).unwrap();
        for part in 1..=90 {
            assert_eq!(outlook.stored(5 * MIB, now + after(f64::from(part) * 0.6), EIGHT), None);
        }
    }

    #[test]
    fn for_urls_of_an_earlier_process_the_clock_counts() {
        let (now, signed) = (Instant::now(), checkpoint().urls[0].signed_at().unwrap());
        let mut outlook = Outlook::new(&checkpoint(), false, now, signed + after(50.0)).unwrap();
        assert!(outlook.stored(5 * MIB, now + after(1.0), EIGHT).is_some(), "ten seconds are left");
        let mut lives_long = checkpoint();
        lives_long.urls.fill("https://s/k".parse().unwrap());
        assert!(Outlook::new(&lives_long, true, now, signed).is_none());
    }
}
