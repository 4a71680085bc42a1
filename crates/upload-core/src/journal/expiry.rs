//! Whether the URLs of an unfinished upload live for as long as it still takes.

use std::time::{Duration, SystemTime};

use upload_proto::PresignedUrl;

use super::Journal;

/// A pause longer than this between two parts is no measure of a link's speed: the process was not there. In milliseconds.
const LONGEST_GAP: u64 = 60_000;
/// URLs that end sooner than this are as good as ended.
const NEARLY: Duration = Duration::from_secs(5);
/// Clocks that are this close agree: signing many URLs and their way here take a while, too.
const AGREEING: Duration = Duration::from_secs(60);

impl Journal {
    /// When the URLs that are still needed end, by the clock that signed them; `None` where none is needed, or they do not
    /// say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        let checkpoint = &self.checkpoint;
        let needed = checkpoint.urls.iter().zip(&checkpoint.etags).filter(|(_, etag)| etag.is_none());
        needed.filter_map(|(url, _)| url.expires_at()).min()
    }

    /// Whether a URL that is still needed is over.
    #[must_use]
    pub fn has_expired(&self, now: SystemTime) -> bool {
        self.expires_at().is_some_and(|end| end <= by_the_platforms_clock(self, now))
    }
}

fn opened_at(journal: &Journal) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(journal.opened.at)
}

/// A moment of this machine's clock, by the one that signed the URLs: how far apart the two are was seen when the upload was
/// opened, right after they were signed. Of the two the earlier counts: the clock may have been set right since, and to take a URL
/// for good that is over costs one request, to take one for over that is good all stored parts.
fn by_the_platforms_clock(journal: &Journal, ours: SystemTime) -> SystemTime {
    let Some(signed) = journal.checkpoint.urls.first().and_then(PresignedUrl::signed_at) else { return ours };
    let opened = opened_at(journal);
    let corrected = match signed.duration_since(opened) {
        Ok(ahead) if ahead > AGREEING => ours.checked_add(ahead),
        Err(behind) if behind.duration() > AGREEING => ours.checked_sub(behind.duration()),
        _ => None,
    };
    corrected.map_or(ours, |corrected| corrected.min(ours))
}

/// Whether the missing parts cannot get through before their URLs end: those are over, or nearly so, or the speed so far says
/// it. A whole file that would not get through either is no reason to begin anew.
pub(super) fn comes_too_late(journal: &Journal, now: SystemTime) -> bool {
    let Some(end) = journal.expires_at() else { return false };
    let left = end.duration_since(by_the_platforms_clock(journal, now)).unwrap_or_default();
    if left < NEARLY {
        return true;
    }
    let (plan, etags) = (journal.checkpoint.plan, &journal.checkpoint.etags);
    let missing = plan.part_numbers().zip(etags).filter(|(_, etag)| etag.is_none());
    let missing: u64 = missing.map(|(part, _)| plan.range(part).len).sum();
    let stored = plan.file_size() - missing;
    let moments = std::iter::once(&journal.opened.at).chain(&journal.stored_at);
    let gaps = moments.clone().zip(moments.skip(1)).map(|(before, after)| after.saturating_sub(*before));
    let busy: u64 = gaps.map(|gap| gap.min(LONGEST_GAP)).sum();
    // A second says little about the minutes to come.
    if stored == 0 || busy < 1000 {
        return false;
    }
    let needs = |bytes: u64| u128::from(bytes) * u128::from(busy) / u128::from(stored);
    let life = end.duration_since(by_the_platforms_clock(journal, opened_at(journal))).unwrap_or_default();
    needs(missing) > left.as_millis() && needs(plan.file_size()) < life.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CHECKPOINT_VERSION, Checkpoint, JOURNAL_VERSION, Opened, Plan, Record};

    const MIB: u64 = 1024 * 1024;
    /// 2026-06-01T12:00:00Z, as in the URLs.
    const OPENED: u64 = 1_780_315_200;

    /// A journal of four parts with URLs that live an hour; `stored` are the seconds at which parts were.
    fn journal(stored: &[u64]) -> Journal {
        let url = "https://s/k?X-Amz-Date=20260601T120000Z&X-Amz-Expires=3600";
        let checkpoint = Checkpoint {
            version: CHECKPOINT_VERSION,
            filename: "a".into(),
            upload_type: "t".parse().unwrap(),
            plan: Plan::propose(20 * MIB, Some(5 * MIB)).unwrap(),
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            urls: vec![url.parse().unwrap(); 4],
            etags: vec![None; 4],
            completing: false,
        };
        let (version, at) = (JOURNAL_VERSION, OPENED * 1000);
        let opened = Opened { version, api: "a".into(), partner: "p".into(), at, file: None, checkpoint };
        let mut text = Record::Opened(Box::new(opened)).to_line().unwrap();
        for (number, seconds) in (1_u64..).zip(stored) {
            let (number, etag) = (number.try_into().unwrap(), "e".parse().unwrap());
            let at = (OPENED + seconds) * 1000;
            text += &Record::Part { number, etag, attempt: 1, at }.to_line().unwrap();
        }
        Journal::decode(text.as_bytes()).unwrap()
    }

    fn after(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(OPENED + seconds)
    }

    #[test]
    fn urls_that_are_over_or_nearly_so_come_too_late() {
        assert!(!comes_too_late(&journal(&[1]), after(3590)));
        assert!(comes_too_late(&journal(&[1]), after(3597)) && comes_too_late(&journal(&[1]), after(9000)));
        assert!(!comes_too_late(&journal(&[1, 2, 3, 4]), after(9000)), "no URL is needed any more");
    }

    #[test]
    fn the_speed_so_far_says_whether_the_rest_gets_through() {
        // 30 s a part: three more need 90 s.
        assert!(!comes_too_late(&journal(&[30]), after(3500)));
        assert!(comes_too_late(&journal(&[30]), after(3520)));
        // A night without a process is no measure of the link.
        assert!(!comes_too_late(&journal(&[30, 3000]), after(3400)));
    }

    /// The same journal on a machine whose clock is so many seconds ahead.
    fn on_a_clock_ahead(journal: Journal, seconds: i64) -> Journal {
        let moved = |at: u64| at.saturating_add_signed(seconds * 1000);
        let stored_at = journal.stored_at.iter().copied().map(moved).collect();
        let opened = Opened { at: moved(journal.opened.at), ..journal.opened };
        Journal { opened, stored_at, ..journal }
    }

    #[test]
    fn a_clock_that_is_wrong_ends_no_url_early() {
        let at = |seconds: u64, ahead: i64| {
            SystemTime::UNIX_EPOCH + Duration::from_secs((OPENED + seconds).saturating_add_signed(ahead))
        };
        let ahead = on_a_clock_ahead(journal(&[30]), 7200);
        assert!(!ahead.has_expired(at(3599, 7200)) && ahead.has_expired(at(3600, 7200)));
        assert!(!comes_too_late(&ahead, at(3500, 7200)) && comes_too_late(&ahead, at(3520, 7200)));
        for wrong in [-7200, 7200] {
            let set_right_since = on_a_clock_ahead(journal(&[30]), wrong);
            assert!(!set_right_since.has_expired(at(3599, 0)), "{wrong}");
            assert!(!comes_too_late(&set_right_since, at(3500, 0)), "{wrong}");
        }
    }
}
