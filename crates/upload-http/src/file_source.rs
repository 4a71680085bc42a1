mod identity;

use std::{
    any::Any,
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::SystemTime,
};

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use upload_core::{ByteRange, Source, SourceError};

use crate::range_reader::{RangeReader, Ranged};

/// A file's bytes, read by position: any number of ranges at once, none of them ever held whole.
///
/// What it holds to: the file as it was when it was opened. Neither the first nor the last chunk of a range is handed out
/// when the file has another size, modification time or (on Unix) change time or inode by then. It must be read on a tokio
/// runtime: what the operating system does not have in memory is read by the runtime's threads for blocking work, one chunk
/// ahead.
#[derive(Clone, Debug)]
pub struct FileSource(Arc<Opened>);

#[derive(Debug)]
pub(crate) struct Opened {
    file: File,
    /// Where it was opened; `None` for a file that may have no name.
    path: Option<PathBuf>,
    identity: Identity,
    reads_now: AtomicBool,
    sends_itself: AtomicBool,
}

impl Opened {
    /// What it lies on; 0 where the operating system does not say.
    pub(crate) fn device(&self) -> u64 {
        self.identity.device_and_inode().map_or(0, |(device, _)| device)
    }

    /// Whether the operating system can send from it; found out when it is first asked to.
    pub(crate) fn sends_itself(&self) -> &AtomicBool {
        &self.sends_itself
    }
}

/// Why a file cannot be uploaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is nothing of this name.
    #[error("{}: no such file", .0.display())]
    Missing(PathBuf),
    /// It is a directory.
    #[error("{}: this is a directory, not a file", .0.display())]
    Directory(PathBuf),
    /// It is a pipe, a socket or a device: its bytes cannot be read again for a retry.
    #[error("{}: this is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// The operating system does not let this user read it.
    #[error("{}: no permission to read it", .0.display())]
    Unreadable(PathBuf),
    /// Anything else the operating system said.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl OpenError {
    fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing(path),
            io::ErrorKind::PermissionDenied => Self::Unreadable(path),
            io::ErrorKind::IsADirectory => Self::Directory(path),
            _ => Self::Io { path, source },
        }
    }
}

impl FileSource {
    /// Opens a file. An empty one is a source of no bytes.
    ///
    /// # Errors
    /// When there is no such file, it is not a regular one, or it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        // Opening a named pipe would wait for its writer: look first.
        check_regular(&fs::metadata(path).map_err(|error| OpenError::new(path, error))?, path)?;
        let file = File::open(path).map_err(|error| OpenError::new(path, error))?;
        Self::new(file, path, Some(path.to_owned()))
    }

    /// Takes over a file that is already open, for instance one that standard input was spooled to. `name` is for
    /// messages.
    ///
    /// # Errors
    /// When it is not a regular file.
    pub fn from_file(file: File, name: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::new(file, name.as_ref(), None)
    }

    fn new(file: File, name: &Path, path: Option<PathBuf>) -> Result<Self, OpenError> {
        let metadata = file.metadata().map_err(|error| OpenError::new(name, error))?;
        check_regular(&metadata, name)?;
        let identity = Identity::of(&metadata);
        let (reads_now, sends_itself) = (AtomicBool::new(true), AtomicBool::new(true));
        Ok(Self(Arc::new(Opened { file, path, identity, reads_now, sends_itself })))
    }
}

fn check_regular(metadata: &Metadata, path: &Path) -> Result<(), OpenError> {
    match metadata.file_type() {
        kind if kind.is_dir() => Err(OpenError::Directory(path.to_owned())),
        kind if !kind.is_file() => Err(OpenError::NotRegular(path.to_owned())),
        _ => Ok(()),
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.0.identity.len
    }

    fn open(&self, range: ByteRange) -> BoxStream<'static, Result<Bytes, SourceError>> {
        RangeReader::new(self.0.clone(), range).boxed()
    }

    fn origin(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(self.0.clone())
    }
}

impl Ranged for Opened {
    fn file(&self) -> &File {
        &self.file
    }

    fn check(&self) -> Result<(), SourceError> {
        // Its name first: a file that lost it has changed in its own eyes as well, and says less.
        match self.path.as_ref().map(fs::metadata) {
            None => {}
            Some(Ok(metadata)) => self.identity.compare(&Identity::of(&metadata))?,
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SourceError::Changed("it was removed or renamed".into()));
            }
            Some(Err(error)) => return Err(error.into()),
        }
        self.identity.compare(&Identity::of(&self.file.metadata()?))
    }

    fn reads_now(&self) -> &AtomicBool {
        &self.reads_now
    }
}

/// What tells a file from a changed one.
#[derive(Clone, Debug)]
struct Identity {
    len: u64,
    modified: Option<SystemTime>,
    /// Device and inode.
    #[cfg(unix)]
    inode: (u64, u64),
    /// When content or metadata last changed, in seconds since 1970 and nanoseconds: unlike the modification time, no
    /// program sets it back.
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.dev(), metadata.ino())
            },
            #[cfg(unix)]
            changed: {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.ctime(), metadata.ctime_nsec())
            },
        }
    }

    #[cfg(unix)]
    fn device_and_inode(&self) -> Option<(u64, u64)> {
        Some(self.inode)
    }

    #[cfg(not(unix))]
    fn device_and_inode(&self) -> Option<(u64, u64)> {
        None
    }

    /// The change time in nanoseconds since 1970.
    #[cfg(unix)]
    fn changed(&self) -> Option<i64> {
        let (seconds, nanoseconds) = self.changed;
        seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
    }

    #[cfg(not(unix))]
    fn changed(&self) -> Option<i64> {
        None
    }

    fn compare(&self, now: &Self) -> Result<(), SourceError> {
        #[cfg(unix)]
        if self.inode != now.inode {
            return Err(SourceError::Changed("another file has taken its place".into()));
        }
        if self.len != now.len {
            let (was, is) = (self.len, now.len);
            return Err(SourceError::Changed(format!("it had {was} bytes and has {is}")));
        }
        if self.modified != now.modified {
            return Err(SourceError::Changed("it was written to".into()));
        }
        #[cfg(unix)]
        if self.changed != now.changed {
            let how = "it was written to, or its mode, owner, name or links were changed";
            return Err(SourceError::Changed(how.into()));
        }
        Ok(())
    }
}
