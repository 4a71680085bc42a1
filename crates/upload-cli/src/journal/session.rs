use std::{
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use upload_core::{Journal, JournalError, JournalState, Opened, Rescued};
use upload_http::ReadJournalError;

use super::SessionId;
use crate::platform::PlatformId;

/// A pause longer than this between two parts is no measure of a link's speed: the process was not there.
const LONGEST_GAP: u64 = 60_000;
/// URLs that end sooner than this are as good as ended.
const NEARLY: Duration = Duration::from_secs(5);

/// An upload that this machine began.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    /// Its journal.
    pub(crate) path: PathBuf,
    /// The process at work on it, if one is: which, where it can be told.
    pub(crate) holder: Option<Option<u32>>,
    pub(crate) content: Content,
}

/// What stands in a journal.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it.
    Whole(Box<Journal>),
    /// What can be read of one that cannot be gone on from.
    Broken(JournalError),
    /// The file does not let itself be read.
    Unreadable(io::Error),
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Completing,
    /// Its URLs are over.
    Expired,
    /// Nothing is left to do.
    Over,
    Damaged,
    /// Written by a newer version of this program.
    Newer,
    Unreadable,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completing => "completing",
            Self::Expired => "expired",
            Self::Over => "over",
            Self::Damaged => "damaged",
            Self::Newer => "newer",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Content {
    /// What reading a journal came to; `None` where there is none.
    pub(super) fn of(read: Result<Journal, ReadJournalError>) -> Option<Self> {
        Some(match read {
            Ok(journal) => Self::Whole(Box::new(journal)),
            Err(ReadJournalError::Content(error)) => Self::Broken(error),
            Err(ReadJournalError::Io(error)) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(ReadJournalError::Io(error)) => Self::Unreadable(error),
            Err(error) => Self::Unreadable(io::Error::other(error)),
        })
    }
}

impl Session {
    pub(crate) fn journal(&self) -> Option<&Journal> {
        match &self.content {
            Content::Whole(journal) => Some(journal),
            Content::Broken(_) | Content::Unreadable(_) => None,
        }
    }

    fn opened(&self) -> Option<&Opened> {
        self.journal().map(|journal| &journal.opened)
    }

    /// What it takes to abort it, where that can be told.
    pub(crate) fn rescued(&self) -> Option<Rescued> {
        match &self.content {
            Content::Whole(journal) => {
                let Opened { api, partner, checkpoint, .. } = &journal.opened;
                let (upload_id, object_key) = (checkpoint.upload_id.clone(), checkpoint.object_key.clone());
                Some(Rescued { upload_id, object_key, api: api.clone(), partner: partner.clone() })
            }
            Content::Broken(error) => error.rescued().cloned(),
            Content::Unreadable(_) => None,
        }
    }

    /// The platform it belongs to, where that can be told.
    pub(crate) fn platform(&self) -> Option<PlatformId> {
        self.rescued().map(|Rescued { api, partner, .. }| PlatformId { api, partner })
    }

    /// What people call it: the file's path, or the name of what came through a pipe.
    pub(crate) fn label(&self) -> String {
        match self.opened() {
            Some(Opened { file: Some(file), .. }) => file.path.clone(),
            Some(Opened { checkpoint, .. }) => format!("{} (standard input)", checkpoint.filename),
            None => self.path.display().to_string(),
        }
    }

    /// Whether it stands where the same `put` would look for it.
    pub(crate) fn can_be_resumed(&self) -> bool {
        let Some(Opened { file: Some(file), checkpoint, api, partner, .. }) = self.opened() else {
            return false;
        };
        let platform = PlatformId { api: api.clone(), partner: partner.clone() };
        self.id == SessionId::of_file(&file.path, &checkpoint.filename, &checkpoint.upload_type, &platform)
    }

    pub(crate) fn state(&self, now: SystemTime) -> State {
        match &self.content {
            Content::Whole(journal) if journal.state.is_over() => State::Over,
            Content::Whole(journal) if journal.state == JournalState::Completing => State::Completing,
            Content::Whole(journal) if has_expired(journal, now) => State::Expired,
            Content::Whole(_) => State::Open,
            Content::Broken(JournalError::FromTheFuture(_)) => State::Newer,
            Content::Broken(_) => State::Damaged,
            Content::Unreadable(_) => State::Unreadable,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.journal().is_some_and(|journal| journal.state.is_over())
    }

    /// When it was opened, by this machine's clock.
    pub(crate) fn opened_at(&self) -> Option<SystemTime> {
        self.opened().and_then(|opened| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(opened.at)))
    }

    /// Stored parts, and all of them.
    pub(crate) fn parts(&self) -> Option<(u32, u32)> {
        let checkpoint = &self.journal()?.checkpoint;
        let stored = checkpoint.etags.iter().flatten().count();
        Some((u32::try_from(stored).unwrap_or(u32::MAX), checkpoint.plan.part_count()))
    }

    /// When the URLs that are still needed end; `None` where none is, or they do not say.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        self.journal().and_then(expires_at)
    }
}

fn expires_at(journal: &Journal) -> Option<SystemTime> {
    let checkpoint = &journal.checkpoint;
    let needed = checkpoint.urls.iter().zip(&checkpoint.etags).filter(|(_, etag)| etag.is_none());
    needed.filter_map(|(url, _)| url.expires_at()).min()
}

fn has_expired(journal: &Journal, now: SystemTime) -> bool {
    expires_at(journal).is_some_and(|end| end <= now)
}

/// Whether the missing parts cannot get through before their URLs end: those are over, or nearly so, or the speed so far says
/// it. A whole file that would not get through either is no reason to begin anew.
pub(crate) fn comes_too_late(journal: &Journal, now: SystemTime) -> bool {
    let Some(end) = expires_at(journal) else { return false };
    let left = end.duration_since(now).unwrap_or_default();
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
    let opened = SystemTime::UNIX_EPOCH + Duration::from_millis(journal.opened.at);
    let life = end.duration_since(opened).unwrap_or_default();
    needs(missing) > left.as_millis() && needs(plan.file_size()) < life.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use upload_core::{CHECKPOINT_VERSION, Checkpoint, JOURNAL_VERSION, Plan, Record};

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
}
