use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use upload_http::{Download, ResumePoint, Validator};

use super::{
    destination::{exists, folder},
    fetch::CHANGED,
    placing,
    sidecar::Sidecar,
    sink::Sink,
};
use crate::error::{CliError, ErrorKind};

/// A download's file while it is not whole: beside its target, its owner's alone, locked against other processes.
#[derive(Debug)]
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    /// What is known of the list that these bytes are the beginning of; lies beside them.
    sidecar_path: PathBuf,
    sidecar: Option<Sidecar>,
    package: String,
    len: u64,
}

impl Partial {
    /// Opens what an earlier run has left for this target, or makes it.
    ///
    /// # Errors
    /// When another process is at it, or something else has its name.
    pub(super) fn open(target: &Path, package: &str) -> Result<Self, CliError> {
        let (path, sidecar_path) = (beside(target, ""), beside(target, ".json"));
        let mut file = locked(&path)?;
        let sidecar = Sidecar::read(&sidecar_path).filter(|sidecar| sidecar.package == package);
        let len = match &sidecar {
            Some(sidecar) => {
                let len =
                    file.seek(SeekFrom::End(0)).map_err(|error| CliError::io("reading", &path, &error))?;
                if sidecar.total.is_some_and(|total| len > total) { 0 } else { len }
            }
            // Nobody knows what they are the beginning of.
            None => 0,
        };
        let mut partial = Self { file, path, sidecar_path, sidecar, package: package.to_owned(), len };
        if len == 0 {
            partial.empty()?;
        }
        Ok(partial)
    }

    fn empty(&mut self) -> Result<(), CliError> {
        (self.len, self.sidecar) = (0, None);
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(|error| CliError::io("emptying", &self.path, &error))
    }

    /// Makes it the target, for good.
    ///
    /// # Errors
    /// When the target exists by now and may not be replaced, or the file system fails; the bytes stay where they are.
    pub(super) fn finish(self, target: &Path, force: bool) -> Result<u64, CliError> {
        let Self { file, path, sidecar_path, len, .. } = self;
        let failed = |what, error: &io::Error| {
            let error = match error.kind() {
                io::ErrorKind::AlreadyExists => exists(target),
                _ => CliError::io(what, target, error)
                    .hint("check the file system and run the same command again"),
            };
            let message = format!("{}; the whole list is kept in {}", error.message, path.display());
            CliError { message, ..error }
        };
        file.sync_all().map_err(|error| failed("writing it out", &error))?;
        placing::place(&path, target, force).map_err(|error| failed("giving it its name", &error))?;
        // A list that is in its place is no failure any more: what remains can be made up for by whoever finds it.
        let _kept = fs::remove_file(&sidecar_path);
        #[cfg(unix)]
        let _unsupported = File::open(folder(target)).and_then(|folder| folder.sync_all());
        Ok(len)
    }

    /// Leaves it for a later run. Answers where it is and how much there is; nothing stays behind of what is of no use.
    pub(super) fn leave(self) -> Option<(PathBuf, u64)> {
        if self.resume_point().is_none() {
            let _gone = fs::remove_file(&self.sidecar_path);
            let _gone = fs::remove_file(&self.path);
            return None;
        }
        Some((self.path, self.len))
    }
}

#[async_trait]
impl Sink for Partial {
    fn position(&self) -> u64 {
        self.len
    }

    fn resume_point(&self) -> Option<ResumePoint> {
        let Sidecar { validator, total, .. } = self.sidecar.clone().filter(|_| self.len > 0)?;
        Some(ResumePoint { offset: self.len, total, validator: validator.parse().ok()? })
    }

    fn etag(&self) -> Option<String> {
        let validator: Validator = self.sidecar.as_ref()?.validator.parse().ok()?;
        Some(validator.etag()?.as_str().to_owned())
    }

    fn begin(&mut self, download: &Download) -> Result<Option<&'static str>, CliError> {
        if self.len > 0 && download.offset == self.len {
            return Ok(None);
        }
        let (len, then) = (self.len, self.sidecar.take().map(|sidecar| sidecar.validator));
        // In this order: bytes never lie beside what tells of another list.
        self.empty()?;
        let now = download.validator.as_ref().map(ToString::to_string);
        match &now {
            Some(validator) => {
                let (package, validator) = (self.package.clone(), validator.clone());
                let sidecar = Sidecar { package, validator, total: download.total };
                sidecar.write(&self.sidecar_path)?;
                self.sidecar = Some(sidecar);
            }
            None => {
                let _none = fs::remove_file(&self.sidecar_path);
            }
        }
        Ok(match len {
            0 => None,
            _ if then.is_some() && then == now => {
                Some("the server cannot send a part of the list: the download starts over")
            }
            _ if then.is_none() => Some("the server offers no way to go on: the download starts over"),
            _ => Some(CHANGED),
        })
    }

    fn discard(&mut self) -> Result<(), CliError> {
        self.empty()
    }

    async fn write(&mut self, chunk: Bytes) -> Result<(), CliError> {
        let written = self.file.write_all(&chunk);
        if let Err(error) = written {
            // Some of it may have been written all the same.
            self.len = self.file.metadata().map_or(self.len, |metadata| metadata.len());
            let hint = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "make room on that disk and run the same command again: it goes on from there"
                }
                _ => "check the file system and run the same command again: it goes on from there",
            };
            return Err(CliError::io("writing", &self.path, &error).hint(hint));
        }
        self.len += chunk.len() as u64;
        Ok(())
    }
}

/// `.NAME.upload-part` in the target's folder: on the same file system, and out of the way.
fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".upload-part");
    name.push(ending);
    folder(target).join(name)
}

/// The partial file, made if need be and locked.
fn locked(path: &Path) -> Result<File, CliError> {
    let failed = |error: &io::Error| {
        CliError::io("opening", path, error).hint("make its folder writable, or give another file with -o")
    };
    // Between opening and locking, another process may have finished it and given it its name.
    for _ in 0..10 {
        let file = placing::open_private(path).map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("{}: another process is downloading to this file", path.display());
                return Err(CliError::new(ErrorKind::LocalFile, message)
                    .hint("wait for that process, or give another file with -o"));
            }
            // Some network file systems have no locks; one process at a time is the rule, not the need.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        if placing::is_still(path, &file).map_err(|error| failed(&error))? {
            return Ok(file);
        }
    }
    Err(failed(&io::Error::other("it is replaced again and again")))
}
