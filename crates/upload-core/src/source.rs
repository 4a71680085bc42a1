use std::{any::Any, io, sync::Arc};

use bytes::Bytes;
use futures::stream::BoxStream;

/// A run of bytes of the file: `offset..offset + len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByteRange {
    /// The first byte, counted from 0.
    pub offset: u64,
    /// How many bytes.
    pub len: u64,
}

impl ByteRange {
    /// The first byte after the range.
    #[must_use]
    pub fn end(self) -> u64 {
        self.offset + self.len
    }
}

/// The bytes to upload. Any range can be opened, again and again: a retry reads it anew.
pub trait Source: Send + Sync {
    /// The whole length in bytes.
    fn len(&self) -> u64;

    /// Whether there is nothing to upload.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Opens a range within [`len`](Self::len). The stream must yield exactly `range.len` bytes, in bounded chunks,
    /// or end with an error.
    fn open(&self, range: ByteRange) -> BoxStream<'static, Result<Bytes, SourceError>>;

    /// What the bytes lie in, for transports that know this type and can send them from there unread; see
    /// [`Origin`](crate::Origin). Only where each byte has the same place there as here: a source that wraps another one and changes
    /// its bytes or their order has none.
    fn origin(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }
}

/// Why local bytes could not be read as they were when the upload began.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The operating system refused.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// The file is no longer the one whose upload began.
    #[error("the file changed while it was being uploaded ({0})")]
    Changed(String),
}

/// Bytes already in memory, for small bodies and for tests.
#[derive(Clone, Debug)]
pub struct MemorySource(Bytes);

impl MemorySource {
    /// A source of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }
}

impl Source for MemorySource {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn open(&self, range: ByteRange) -> BoxStream<'static, Result<Bytes, SourceError>> {
        let bounds = usize::try_from(range.offset).ok().zip(usize::try_from(range.end()).ok());
        let slice = bounds.filter(|(start, end)| start <= end && *end <= self.0.len());
        let chunk = slice.map(|(start, end)| self.0.slice(start..end)).ok_or_else(|| {
            SourceError::Io(io::Error::new(io::ErrorKind::UnexpectedEof, "the range ends beyond the bytes"))
        });
        Box::pin(futures::stream::once(async move { chunk }))
    }
}
