use super::{JOURNAL_VERSION, Opened, Record, Rescued, rescue::claimed_version};
use crate::Checkpoint;

/// A journal that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The upload when it was opened.
    pub opened: Opened,
    /// The upload as the journal's last line leaves it: what to resume.
    pub checkpoint: Checkpoint,
    /// How far it has come.
    pub state: JournalState,
    /// When each stored part was, in milliseconds since 1970, in the order of the journal.
    pub stored_at: Vec<u64>,
    /// How many bytes of the journal count. Whoever adds a line cuts off what stands behind.
    pub valid_len: u64,
}

/// How far an upload has come, by its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalState {
    /// Parts are missing, or complete has not been sent yet.
    Open,
    /// Complete may have been sent.
    Completing,
    /// The object exists.
    Completed,
    /// It was given up on the server.
    Aborted,
}

impl JournalState {
    /// Whether nothing is left to do on the server.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Aborted)
    }
}

/// Why a journal cannot be gone on from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Its first line is torn or damaged. A process died while it wrote it, before any part was sent.
    #[error("its first line is not whole")]
    NoHeader {
        /// What can still be read of it.
        rescued: Option<Box<Rescued>>,
    },
    /// A line before the last is damaged, so the ones after it cannot be trusted.
    #[error("line {line} is damaged")]
    Damaged {
        /// Which, from 1.
        line: usize,
        /// Whose journal it is.
        rescued: Box<Rescued>,
    },
    /// Written by a newer version of this crate.
    #[error("it is of version {0}, and this program reads up to version {JOURNAL_VERSION}")]
    FromTheFuture(u32),
}

impl JournalError {
    /// What can still be read: enough to abort the upload.
    #[must_use]
    pub fn rescued(&self) -> Option<&Rescued> {
        match self {
            Self::NoHeader { rescued } => rescued.as_deref(),
            Self::Damaged { rescued, .. } => Some(rescued),
            Self::FromTheFuture(_) => None,
        }
    }
}

impl Journal {
    /// Reads a journal. What stands behind the last whole line does not count.
    ///
    /// # Errors
    /// When there is no whole first line, a line in the middle is damaged, or a newer version wrote it.
    pub fn decode(bytes: &[u8]) -> Result<Self, JournalError> {
        let mut lines = Lines { rest: bytes, line: 0 };
        let header = lines.next();
        let mut journal = Self::open(header.unwrap_or(bytes))?;
        if header.is_none() {
            // Torn right before its line feed. Nothing may be appended to it, but its upload is known.
            return Err(JournalError::NoHeader {
                rescued: Some(Box::new(Rescued::of_opened(&journal.opened))),
            });
        }
        let mut valid = lines.line_end(bytes);
        while let Some(line) = lines.next() {
            let taken = Record::of_line(line).is_some_and(|record| journal.take(record));
            if taken {
                valid = lines.line_end(bytes);
            } else if lines.rest.is_empty() {
                // The last one: torn.
                break;
            } else {
                let rescued = Box::new(Rescued::of_opened(&journal.opened));
                return Err(JournalError::Damaged { line: lines.line, rescued });
            }
        }
        journal.valid_len = valid;
        Ok(journal)
    }

    fn open(line: &[u8]) -> Result<Self, JournalError> {
        if let Some(version) = claimed_version(line)
            && version > JOURNAL_VERSION
        {
            return Err(JournalError::FromTheFuture(version));
        }
        let Some(Record::Opened(opened)) = Record::of_line(line) else {
            return Err(JournalError::NoHeader { rescued: Rescued::of_line(line).map(Box::new) });
        };
        let checkpoint = opened.checkpoint.clone();
        let state = JournalState::Open;
        Ok(Self { opened: *opened, checkpoint, state, stored_at: Vec::new(), valid_len: 0 })
    }

    /// Takes in a line; `false` where it cannot stand here.
    fn take(&mut self, record: Record) -> bool {
        match record {
            Record::Opened(_) => return false,
            Record::Part { number, etag, at, .. } => {
                let Some(place) = self.checkpoint.etags.get_mut(number.index()) else { return false };
                *place = Some(etag);
                self.stored_at.push(at);
            }
            Record::Completing => {
                self.checkpoint.completing = true;
                self.state = JournalState::Completing;
            }
            Record::Completed => self.state = JournalState::Completed,
            Record::Aborted => self.state = JournalState::Aborted,
        }
        true
    }
}

/// The lines of a journal that end with a line feed.
struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Lines<'a> {
    /// How many bytes stand before what has not been looked at.
    fn line_end(&self, all: &[u8]) -> u64 {
        (all.len() - self.rest.len()) as u64
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        self.line += 1;
        Some(line)
    }
}
