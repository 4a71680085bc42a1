//! Files that came as forms: where they lie, and what came with them.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

use crate::{Operation, sandbox::random_text};

/// How many files are listed; older ones stay on disk.
const KEPT: usize = 10_000;
/// The folder below the storage's.
const FOLDER: &str = "direct";

/// A file that came as a form and was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReceivedFile {
    /// Where it was sent to.
    pub operation: Operation,
    /// The query parameter beside it: the event (`eid`) of a sales workbook, the `event_type` of an event workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Its name as the form gave it.
    pub filename: String,
    /// What the form called it, such as `image/jpeg`; empty where it did not.
    pub content_type: String,
    /// Its size.
    pub bytes: u64,
    /// Where it lies.
    pub path: PathBuf,
}

/// The files received so far.
#[derive(Debug)]
pub(crate) struct ReceivedFiles {
    root: PathBuf,
    files: Mutex<Vec<ReceivedFile>>,
}

/// A place for one file; what is there goes when it is dropped, unless it was kept.
#[derive(Debug)]
pub(crate) struct NewFile {
    folder: PathBuf,
    path: PathBuf,
    kept: bool,
}

impl ReceivedFiles {
    pub(crate) fn new(storage_dir: &Path) -> Self {
        Self { root: storage_dir.join(FOLDER), files: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ReceivedFile>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place nobody else has, for a file whose name was checked.
    pub(crate) async fn new_file(&self, filename: &str) -> std::io::Result<NewFile> {
        let folder = self.root.join(random_text(12));
        let path = folder.join(filename);
        tokio::fs::create_dir_all(&folder).await?;
        Ok(NewFile { folder, path, kept: false })
    }

    /// Lists a file, and keeps it.
    pub(crate) fn keep(&self, mut place: NewFile, file: ReceivedFile) {
        place.kept = true;
        let mut files = self.lock();
        if files.len() == KEPT {
            files.remove(0);
        }
        files.push(file);
    }

    pub(crate) fn list(&self) -> Vec<ReceivedFile> {
        self.lock().clone()
    }

    /// A listed file, by the two steps of its path that tell it apart.
    pub(crate) fn find(&self, id: &str, filename: &str) -> Option<ReceivedFile> {
        let path = self.root.join(id).join(filename);
        self.lock().iter().find(|file| file.path == path).cloned()
    }
}

impl NewFile {
    /// Where the file is to be written.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What tells it apart.
    pub(crate) fn id(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_dir_all(&self.folder)
        {
            tracing::warn!(%error, path = %self.folder.display(), "a refused file could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_not_kept_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let files = ReceivedFiles::new(dir.path());
        let (kept, dropped) = (files.new_file("a b.jpg").await.unwrap(), files.new_file("c").await.unwrap());
        for place in [&kept, &dropped] {
            std::fs::write(place.path(), b"x").unwrap();
        }
        let (id, path) = (kept.id(), kept.path().to_owned());
        let gone = dropped.path().to_owned();
        drop(dropped);
        let file = ReceivedFile {
            operation: Operation::Unknown,
            parameter: None,
            filename: "a b.jpg".into(),
            content_type: String::new(),
            bytes: 1,
            path: path.clone(),
        };
        files.keep(kept, file.clone());
        assert!(path.exists() && !gone.exists() && !gone.parent().unwrap().exists());
        assert_eq!((files.list(), files.find(&id, "a b.jpg")), (vec![file.clone()], Some(file)));
        assert_eq!(files.find("..", "a b.jpg"), None);
    }
}
