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
        if !self.checkpoint.is_whole() {
            return Prospect::Lost("the URLs that the platform handed out for it cannot be used".into());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CHECKPOINT_VERSION, Checkpoint, JOURNAL_VERSION, Opened, Plan, Record};

    fn file() -> FileIdentity {
        FileIdentity {
            path: "/a".into(),
            size: 1,
            modified: Some(1),
            changed: Some(1),
            device: Some(2),
            inode: Some(3),
            sampled_sha256: "s".into(),
        }
    }

    fn journal(urls: &[&str], last: Option<Record>) -> Journal {
        let checkpoint = Checkpoint {
            version: CHECKPOINT_VERSION,
            filename: "a".into(),
            upload_type: "t".parse().unwrap(),
            plan: Plan::propose(1, None).unwrap(),
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            urls: urls.iter().map(|url| url.parse().unwrap()).collect(),
            etags: vec![None; urls.len()],
            completing: false,
        };
        let (version, file) = (JOURNAL_VERSION, Some(file()));
        let opened = Opened { version, api: "a".into(), partner: "p".into(), at: 0, file, checkpoint };
        let lines = [Some(Record::Opened(Box::new(opened))), last].into_iter().flatten();
        let text: String = lines.map(|record| record.to_line().unwrap()).collect();
        Journal::decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_upload_is_gone_on_with_only_where_file_urls_and_time_allow_it() {
        let prospect = |urls: &[&str], last, file: FileIdentity| {
            journal(urls, last).prospect(Some(&file), SystemTime::UNIX_EPOCH)
        };
        let url = ["https://s/1?Expires=3600"];
        assert_eq!(prospect(&url, None, file()), Prospect::Open);
        assert_eq!(prospect(&url, None, FileIdentity { modified: Some(2), ..file() }), Prospect::Compare);
        assert_eq!(prospect(&url, Some(Record::Completed), file()), Prospect::Over);
        for (lost, why) in [
            (prospect(&url, None, FileIdentity { size: 2, ..file() }), "changed"),
            (prospect(&["https://s/1?Expires=1"], None, file()), "too soon"),
            (prospect(&[], None, file()), "cannot be used"),
        ] {
            assert!(matches!(&lost, Prospect::Lost(reason) if reason.contains(why)), "{lost:?}");
        }
        let completing = prospect(&["https://s/1?Expires=1"], Some(Record::Completing), file());
        assert_eq!(completing, Prospect::Open, "complete needs no URL");
    }
}
