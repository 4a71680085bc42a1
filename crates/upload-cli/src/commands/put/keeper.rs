use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use upload_core::{Event, FileIdentity, Outcome, Record};
use upload_http::FileJournal;

use super::job::Job;
use crate::{
    commands::Session,
    error::CliError,
    journal::{self, Journals, Lock, LockError, SessionId},
    output::{JobId, Note, Reporter},
    platform::{Platform, PlatformId},
};

/// Where uploads are written down, and as whose.
pub(super) struct Desk<'a> {
    journals: Option<Journals>,
    platform: &'a PlatformId,
    pub(super) reporter: &'a dyn Reporter,
    /// That nothing can be written down is said once.
    warned: AtomicBool,
}

/// Keeps one file's journal. Nobody else has the session while it lives.
pub(super) struct Keeper<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) job: JobId,
    pub(super) label: String,
    /// Where the journal is to stand; `None` where nothing is written down.
    place: Option<Place>,
    journal: Option<FileJournal>,
}

/// A session that is this process's own.
struct Place {
    journals: Journals,
    id: SessionId,
    file: Option<FileIdentity>,
    _lock: Lock,
}

impl<'a> Desk<'a> {
    /// A desk for this platform. A sandbox of this process goes with it, and there is nothing to write down.
    pub(super) fn open(session: &'a Session, platform: &'a Platform) -> Self {
        let reporter = &*session.reporter;
        let mut desk = Self { journals: None, platform: &platform.identity, reporter, warned: false.into() };
        if !platform.is_sandbox() {
            match Journals::make(&session.settings.folders) {
                Ok(journals) => desk.journals = Some(journals),
                Err(error) => {
                    desk.warned = true.into();
                    reporter.say(&format!(
                        "warning: {error}; should this process be killed, nothing here knows of the uploads it leaves open"
                    ));
                }
            }
        }
        desk
    }

    /// Takes the file's session. An upload of one PUT has none: it leaves nothing open.
    ///
    /// # Errors
    /// When another process is at work on it, or the file cannot be read.
    pub(super) fn keeper(&'a self, id: JobId, job: &Job) -> Result<Keeper<'a>, CliError> {
        let label = job.label.clone();
        let mut keeper = Keeper { desk: self, job: id, label, place: None, journal: None };
        let (Some(journals), Some(kind), Some(_)) = (&self.journals, &job.upload_type, job.plan) else {
            return Ok(keeper);
        };
        let unreadable = |error: &std::io::Error| {
            CliError::io("reading", Path::new(&job.label), error).hint("check the file")
        };
        let file = job.source.identity().map_err(|error| unreadable(&error))?;
        let session = match &file {
            Some(file) => SessionId::of_file(&file.path, &job.name, kind, self.platform),
            None => SessionId::fresh(),
        };
        match journals.lock(&session) {
            Ok(lock) => {
                let journals = journals.clone();
                keeper.place = Some(Place { journals, id: session, file, _lock: lock });
            }
            Err(LockError::Held(holder)) => return Err(journal::held(&keeper.label, holder)),
            Err(LockError::Io(error)) => {
                let error = journal::unlockable(&journals.journal(&session), &error);
                keeper.warn_unkept(&error.message);
            }
        }
        Ok(keeper)
    }
}

impl Keeper<'_> {
    /// The session's id, where there is one.
    pub(super) fn session(&self) -> Option<&SessionId> {
        self.place.as_ref().map(|place| &place.id)
    }

    pub(super) fn journals(&self) -> Option<&Journals> {
        self.place.as_ref().map(|place| &place.journals)
    }

    /// The file as it stands now.
    pub(super) fn file(&self) -> Option<&FileIdentity> {
        self.place.as_ref().and_then(|place| place.file.as_ref())
    }

    pub(super) fn note(&self, note: &Note<'_>) {
        self.desk.reporter.report(self.job, note);
    }

    pub(super) fn warn(&self, message: &str) {
        self.note(&Note::Warning { file: &self.label, message });
    }

    /// Goes on with the journal that was found.
    pub(super) fn go_on(&mut self, journal: &upload_core::Journal) {
        let Some(place) = &self.place else { return };
        match FileJournal::go_on(place.journals.journal(&place.id), journal) {
            Ok(journal) => self.journal = Some(journal),
            Err(error) => self.warn_unkept(&format!("the journal cannot be written to: {error}")),
        }
    }

    /// Writes down what happens. An upload is not given up because its journal cannot be written: it is said, and it goes on
    /// without.
    pub(super) fn observe(&mut self, event: &Event) {
        let written = match (event, &mut self.journal, &self.place) {
            (Event::Opened(checkpoint), None, Some(place)) => {
                let path = place.journals.journal(&place.id);
                let platform = &self.desk.platform;
                FileJournal::create(path, (&platform.api, &platform.partner), place.file.clone(), checkpoint)
                    .map(|journal| self.journal = Some(journal))
            }
            (event, Some(journal), _) => journal.observe(event),
            _ => Ok(()),
        };
        if let Err(error) = written {
            self.warn_unkept(&format!("the journal cannot be written to: {error}"));
            self.journal = None;
        }
    }

    /// Closes the journal of an upload that is over on the platform; one that may be open there stays.
    pub(super) fn settle(&mut self, outcome: &Outcome) {
        if Record::of_outcome(outcome).is_none() {
            return;
        }
        let gone = match (self.journal.take(), &self.place) {
            (Some(journal), _) => journal.settle(outcome).map_err(|error| error.to_string()),
            // It could not be kept up, and what stands in it must not be taken for an unfinished upload.
            (None, Some(place)) => place.journals.remove(&place.id).map_err(|error| error.message),
            (None, None) => Ok(()),
        };
        if let Err(error) = gone {
            self.warn(&format!(
                "the journal of this upload cannot be removed: {error} (upload sessions abort)"
            ));
        }
    }

    /// Forgets the journal without closing it: somebody else has put it away.
    pub(super) fn let_go(&mut self) {
        self.journal = None;
    }

    fn warn_unkept(&self, why: &str) {
        if !self.desk.warned.swap(true, Relaxed) {
            self.warn(&format!(
                "{why}; should this process be killed, nothing here knows of the upload it leaves open"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        args::OutputFormat,
        output::{Look, Screen},
    };
    use upload_core::{Completed, Validation};

    /// As when the disk was full in the middle: the journal is there, and no longer written to.
    #[test]
    fn a_journal_that_could_not_be_kept_up_goes_when_its_upload_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let journals = Journals::in_folder(folder.path().to_owned());
        let id = SessionId::fresh();
        let path = journals.journal(&id);
        std::fs::write(&path, "half").unwrap();
        let look = Look { format: OutputFormat::Human, quiet: true, progress: false };
        let reporter = look.reporter(&Screen::new());
        let platform = PlatformId { api: "a".into(), partner: "p".into() };
        let desk = Desk {
            journals: Some(journals.clone()),
            platform: &platform,
            reporter: &*reporter,
            warned: false.into(),
        };
        let lock = journals.lock(&id).unwrap();
        let place = Some(Place { journals, id, file: None, _lock: lock });
        let mut keeper = Keeper { desk: &desk, job: JobId(0), label: "a".into(), place, journal: None };
        keeper.settle(&Outcome::Completed(Completed {
            object_key: "k".parse().unwrap(),
            upload_id: None,
            etag: None,
            bytes: 1,
            parts: 1,
            validation: Validation::Skipped,
        }));
        assert!(!path.exists());
    }
}
