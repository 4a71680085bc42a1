//! Whether an upload can be gone on with, by its journal, the file and the time.

use std::time::SystemTime;

use super::{FileIdentity, Journal, Sameness, expiry::comes_too_late};

/// What to do with an unfinished upload that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prospect {
    /// It is over on the platform: its journal can go.
    Over,
    /// It can be gone on with.
    Open,
    /// The file was written to, and no sample shows a change: it can be gone on with where each stored part has the bytes
    /// that stand in the file now.
    Compare,
    /// It cannot be gone on with, for this reason: it is to be aborted.
    Lost(String),
}

impl Journal {
    /// What can be made of the upload with the file as it is now; `None` where its bytes cannot be told from others, such
    /// as those of a pipe.
    #[must_use]
    pub fn prospect(&self, file: Option<&FileIdentity>, now: SystemTime) -> Prospect {
        if self.state.is_over() {
            return Prospect::Over;
        }
        let (Some(then), Some(file)) = (&self.opened.file, file) else { return Prospect::Open };
        let sameness = then.compare(file);
        if let Sameness::Changed(how) = sameness {
            return Prospect::Lost(format!("the file has changed since its upload began ({how})"));
        }
        if !self.checkpoint.completing && comes_too_late(self, now) {
            return Prospect::Lost("the URLs of its unfinished upload end too soon".into());
        }
        if sameness == Sameness::Touched { Prospect::Compare } else { Prospect::Open }
    }
}
