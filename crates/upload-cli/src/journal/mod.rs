//! The unfinished uploads of this user: one journal each, under the state folder, with a lock beside it while a process
//! is at work on it.

mod id;
mod lock;
mod session;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use upload_http::FileJournal;

pub(crate) use self::{
    id::SessionId,
    lock::{Lock, LockError},
    session::{Content, Session, State},
};
use crate::{
    error::{CliError, ErrorKind},
    settings::Folders,
};

const FOLDER: &str = "sessions";
const JOURNAL: &str = "journal";
const LOCK: &str = "lock";

/// Every upload that this machine may have left open on a platform, the oldest first. Nothing is sent, and nothing on
/// disk is changed.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn open_sessions(folders: &Folders) -> Result<Vec<Session>, CliError> {
    let mut sessions = Journals::of(folders).list()?;
    sessions.retain(|session| !session.is_over());
    Ok(sessions)
}

/// The folder with the journals.
#[derive(Clone, Debug)]
pub(crate) struct Journals(PathBuf);

impl Journals {
    /// The folder, whether it exists or not.
    pub(crate) fn of(folders: &Folders) -> Self {
        Self(folders.state_path(FOLDER))
    }

    /// This folder.
    #[cfg(test)]
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The folder, made if need be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn make(folders: &Folders) -> Result<Self, CliError> {
        folders.state(FOLDER).map(Self)
    }

    /// Keeps everybody else off a session.
    ///
    /// # Errors
    /// When a process is at work on it, or the lock cannot be had.
    pub(crate) fn lock(&self, id: &SessionId) -> Result<Lock, LockError> {
        Lock::take(self.path(id, LOCK))
    }

    /// A session's journal, whether it exists or not.
    pub(crate) fn journal(&self, id: &SessionId) -> PathBuf {
        self.path(id, JOURNAL)
    }

    /// Gives a journal another id, so that its place is free.
    ///
    /// # Errors
    /// When the file cannot be renamed.
    pub(crate) fn put_aside(&self, id: &SessionId) -> io::Result<SessionId> {
        let aside = SessionId::fresh();
        fs::rename(self.journal(id), self.journal(&aside))?;
        Ok(aside)
    }

    /// Removes a journal. One that is gone already is fine.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn remove(&self, id: &SessionId) -> Result<(), CliError> {
        let path = self.journal(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(CliError::io("removing", &path, &error).hint("make its folder writable"))
            }
            _ => Ok(()),
        }
    }

    /// One session as it is on disk; `None` when there is none.
    pub(crate) fn look(&self, id: &SessionId) -> Option<Session> {
        let path = self.journal(id);
        let content = Content::of(FileJournal::read(&path))?;
        Some(Session { id: id.clone(), holder: Lock::holder(&self.path(id, LOCK)), path, content })
    }

    /// All sessions, the oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn list(&self) -> Result<Vec<Session>, CliError> {
        let ids = self
            .ids(JOURNAL)
            .map_err(|error| CliError::io("reading this folder", &self.0, &error).hint("make it readable"))?;
        let mut sessions: Vec<Session> = ids.iter().filter_map(|id| self.look(id)).collect();
        sessions.sort_by_key(|session| (session.opened_at(), session.id.clone()));
        Ok(sessions)
    }

    /// Removes the locks that dead processes left.
    pub(crate) fn sweep(&self) {
        for id in self.ids(LOCK).unwrap_or_default() {
            // Taking and dropping it removes it.
            drop(self.lock(&id));
        }
    }

    fn ids(&self, extension: &str) -> io::Result<Vec<SessionId>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension)
                && let Some(id) = path.file_stem().and_then(|stem| SessionId::of_stem(stem.to_str()?))
            {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    fn path(&self, id: &SessionId, extension: &str) -> PathBuf {
        self.0.join(id.as_str()).with_extension(extension)
    }
}

/// Says that a process is at work on a session.
pub(crate) fn held(label: &str, holder: Option<u32>) -> CliError {
    let who = match holder {
        Some(id) if id == std::process::id() => "this command already, as another of its files".to_owned(),
        Some(id) => format!("another process (process id {id})"),
        None => "another process".to_owned(),
    };
    CliError::new(ErrorKind::Locked, format!("{label}: it is being uploaded by {who}"))
        .hint("let that one finish, or stop it; then run this again")
}

/// Says that a lock cannot be had.
pub(crate) fn unlockable(path: &Path, error: &io::Error) -> CliError {
    CliError::io("locking", path, error)
        .hint("set XDG_STATE_HOME to a folder on a local disk that can be written to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_files_are_no_sessions_and_dead_locks_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let journals = Journals(folder.path().to_owned());
        for name in ["notes.txt", "x.journal", "0123456789abcdef.lock", "0123456789abcdef.old"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(journals.list().unwrap().is_empty());
        journals.sweep();
        assert!(!folder.path().join("0123456789abcdef.lock").exists());
        assert!(folder.path().join("notes.txt").exists());
        assert!(Journals(folder.path().join("none")).list().unwrap().is_empty());
    }
}
