use std::{
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use upload_core::{Journal, JournalError, JournalState, Opened, Rescued};
use upload_http::ReadJournalError;

use super::SessionId;
use crate::platform::PlatformId;

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
            Content::Whole(journal) if journal.has_expired(now) => State::Expired,
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
        self.journal().and_then(Journal::expires_at)
    }
}
