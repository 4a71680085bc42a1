use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt};
use tokio::task::JoinHandle;
use upload_core::{ByteRange, Source, SourceError};

/// How much is read at once, in bytes.
const CHUNK: u64 = 256 * 1024;

/// A file's bytes, read by position: any number of ranges at once, none of them ever held whole.
///
/// What it holds to: the file as it was when it was opened. A range is not handed out to its last chunk when the
/// file has another size, modification time or (on Unix) inode by then. It must be read on a tokio runtime, whose
/// threads for blocking work do the reading, one chunk ahead of the reader.
#[derive(Clone, Debug)]
pub struct FileSource(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    file: File,
    /// Where it was opened; `None` for a file that may have no name.
    path: Option<PathBuf>,
    identity: Identity,
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
        Ok(Self(Arc::new(Opened { file, path, identity })))
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
        let reader =
            RangeReader { opened: self.0.clone(), next: range.offset, end: range.end(), ahead: None };
        stream::unfold(reader, |mut reader| async move { Some((reader.next().await?, reader)) }).boxed()
    }
}

/// One range being read, with at most one chunk read ahead.
struct RangeReader {
    opened: Arc<Opened>,
    next: u64,
    end: u64,
    ahead: Option<JoinHandle<Result<Bytes, SourceError>>>,
}

impl RangeReader {
    async fn next(&mut self) -> Option<Result<Bytes, SourceError>> {
        let current = self.ahead.take().or_else(|| self.start())?;
        let result = match current.await {
            Ok(result) => result,
            Err(join) => Err(SourceError::Io(io::Error::other(join))),
        };
        match &result {
            Ok(_) => self.ahead = self.start(),
            Err(_) => self.next = self.end,
        }
        Some(result)
    }

    /// Starts reading the next chunk, if there is one.
    fn start(&mut self) -> Option<JoinHandle<Result<Bytes, SourceError>>> {
        if self.next >= self.end {
            return None;
        }
        let (opened, offset, len) = (self.opened.clone(), self.next, CHUNK.min(self.end - self.next));
        self.next += len;
        let is_last = self.next >= self.end;
        Some(tokio::task::spawn_blocking(move || opened.read(offset, len, is_last)))
    }
}

impl Opened {
    /// Reads a chunk. The last one of a range is handed out only when the file is still the same: without it the
    /// part cannot be completed.
    fn read(&self, offset: u64, len: u64, is_last: bool) -> Result<Bytes, SourceError> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let mut buffer = BytesMut::zeroed(len);
        if let Err(error) = read_exact_at(&self.file, &mut buffer, offset) {
            return Err(match error.kind() {
                io::ErrorKind::UnexpectedEof => SourceError::Changed("it has become shorter".into()),
                _ => SourceError::Io(error),
            });
        }
        if is_last {
            self.check()?;
        }
        Ok(buffer.freeze())
    }

    fn check(&self) -> Result<(), SourceError> {
        self.identity.compare(&Identity::of(&self.file.metadata()?))?;
        let Some(path) = &self.path else { return Ok(()) };
        match fs::metadata(path) {
            Ok(metadata) => self.identity.compare(&Identity::of(&metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(SourceError::Changed("it was removed or renamed".into()))
            }
            Err(error) => Err(error.into()),
        }
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
        }
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
        Ok(())
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Reads one at a time: a file has one cursor, which concurrent readers would move under each other.
#[cfg(not(unix))]
fn read_exact_at(mut file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    use std::{
        io::{Read as _, Seek as _, SeekFrom},
        sync::{Mutex, PoisonError},
    };
    static CURSOR: Mutex<()> = Mutex::new(());
    let _held = CURSOR.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(buffer)
}
