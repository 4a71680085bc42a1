//! One range of a file, as a stream of chunks.

use std::{
    fs::File,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{FutureExt, Stream};
use tokio::task::JoinHandle;
use upload_core::{ByteRange, SourceError};

use crate::buffers::{self, Buffer};

/// What ranges are read from.
pub(crate) trait Ranged: Send + Sync + 'static {
    fn file(&self) -> &File;

    /// Whether the file is still the one it was; asked before the first chunk of several is handed out, and before the last one
    /// of a range is.
    ///
    /// # Errors
    /// When it is not.
    fn check(&self) -> Result<(), SourceError>;

    /// Whether bytes that lie in memory can be read without waiting for others; found out by the first read.
    fn reads_now(&self) -> &AtomicBool;
}

/// Reads a range in chunks. Bytes that the operating system has in memory are copied at once: to hand that to another
/// thread would cost more than the copy. Anything slower is read by a thread for blocking work, one chunk ahead.
pub(crate) struct RangeReader<F> {
    from: Arc<F>,
    begun: bool,
    next: u64,
    end: u64,
    ahead: Option<Chunk>,
}

/// The next chunk.
enum Chunk {
    Read(Result<Bytes, SourceError>),
    BeingRead(JoinHandle<Result<Bytes, SourceError>>),
}

impl<F: Ranged> RangeReader<F> {
    pub(crate) fn new(from: Arc<F>, range: ByteRange) -> Self {
        Self { from, begun: false, next: range.offset, end: range.end(), ahead: None }
    }

    /// A buffer for the next chunk, with the chunk's place in the file and whether it is the last one.
    fn begin(&mut self) -> Option<(Buffer, u64, bool)> {
        let remaining = self.end.checked_sub(self.next).filter(|remaining| *remaining > 0)?;
        let buffer = buffers::SHARED.take(remaining);
        let offset = self.next;
        self.next += buffer.len() as u64;
        Some((buffer, offset, self.next >= self.end))
    }

    /// Reads the next chunk, if there is one, or has a thread read what of it is not in memory.
    fn read(&mut self) -> Option<Chunk> {
        let (mut buffer, offset, is_last) = self.begin()?;
        // A part of a file that has changed is not worth its way. What is read at once is looked at behind it.
        if !std::mem::replace(&mut self.begun, true)
            && !is_last
            && let Err(changed) = self.from.check()
        {
            return Some(Chunk::Read(Err(changed)));
        }
        let read = read_in_memory(&*self.from, buffer.bytes_mut(), offset).unwrap_or_default();
        if read == buffer.len() {
            return Some(Chunk::Read(finish(&*self.from, buffer, is_last)));
        }
        let from = self.from.clone();
        Some(Chunk::BeingRead(tokio::task::spawn_blocking(move || {
            read_all(&*from, &mut buffer.bytes_mut()[read..], offset + read as u64)?;
            finish(&*from, buffer, is_last)
        })))
    }
}

/// Reads what lies in memory, up to the first byte that does not; `None` where the first does not, or that cannot be told.
pub(crate) fn read_in_memory(from: &impl Ranged, buffer: &mut [u8], offset: u64) -> Option<usize> {
    if !from.reads_now().load(Relaxed) {
        return None;
    }
    let read = read_now(from.file(), buffer, offset);
    // Not on this file system. Whatever else it is, the blocking read finds it again.
    if read.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
        from.reads_now().store(false, Relaxed);
    }
    read.ok()
}

/// Fills the buffer, however long that takes.
///
/// # Errors
/// When there are fewer bytes, or they cannot be read.
pub(crate) fn read_all(from: &impl Ranged, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
    read_exact_at(from.file(), buffer, offset).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => shorter(),
        _ => SourceError::Io(error),
    })
}

/// What it comes to that a file ends before a range of it does.
pub(crate) fn shorter() -> SourceError {
    SourceError::Changed("it has become shorter".into())
}

/// The last chunk of a range is handed out only when the file is still the same: without it the part cannot be completed.
fn finish(from: &impl Ranged, buffer: Buffer, is_last: bool) -> Result<Bytes, SourceError> {
    if is_last {
        from.check()?;
    }
    Ok(buffer.freeze())
}

impl<F: Ranged> Stream for RangeReader<F> {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let result = match this.ahead.take().or_else(|| this.read()) {
            None => return Poll::Ready(None),
            Some(Chunk::Read(result)) => result,
            Some(Chunk::BeingRead(mut reading)) => {
                let Poll::Ready(joined) = reading.poll_unpin(cx) else {
                    this.ahead = Some(Chunk::BeingRead(reading));
                    return Poll::Pending;
                };
                let result = joined.unwrap_or_else(|join| Err(SourceError::Io(io::Error::other(join))));
                // It was slow: the next one is begun while this one is sent.
                if result.is_ok() {
                    this.ahead = this.read();
                }
                result
            }
        };
        if result.is_err() {
            this.next = this.end;
        }
        Poll::Ready(Some(result))
    }
}

#[cfg(target_os = "linux")]
fn read_now(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    Ok(preadv2(file, &mut [io::IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT)?)
}

#[cfg(not(target_os = "linux"))]
fn read_now(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Reads one at a time: a file has one cursor, which concurrent readers would move under each other.
#[cfg(not(unix))]
pub(crate) fn read_exact_at(mut file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    use std::{
        io::{Read as _, Seek as _, SeekFrom},
        sync::{Mutex, PoisonError},
    };
    static CURSOR: Mutex<()> = Mutex::new(());
    let _held = CURSOR.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(buffer)
}
