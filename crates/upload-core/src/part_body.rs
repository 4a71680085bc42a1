use std::{
    any::Any,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::Stream};

use crate::{ByteRange, Chunks, Source, SourceError};

/// The body of one PUT: a stream of exactly [`len`](Self::len) bytes.
pub struct PartBody {
    len: u64,
    chunks: Chunks,
    origin: Option<Origin>,
}

impl PartBody {
    /// A body of `len` bytes from a stream that yields as many.
    #[must_use]
    pub fn new(len: u64, chunks: Chunks) -> Self {
        Self { len, chunks, origin: None }
    }

    /// A body of some bytes of a source.
    #[must_use]
    pub fn of(source: &dyn Source, range: ByteRange) -> Self {
        let origin = source.origin().map(|handle| Origin { handle, range, watchers: Vec::new() });
        Self { origin, ..Self::new(range.len, source.open(range)) }
    }

    /// Takes it apart: the length, and the stream. Who has to see the bytes on their way makes another body of them, which has no
    /// origin any more, so that no transport goes past them.
    #[must_use]
    pub fn into_parts(self) -> (u64, Chunks) {
        (self.len, self.chunks)
    }

    /// The same body, with `sent` told of each number of bytes that the transport takes, wherever it takes them from.
    #[must_use]
    pub fn counted(self, sent: impl Fn(u64) + Clone + Send + Sync + 'static) -> Self {
        let counted = sent.clone();
        self.watched(|chunks| chunks.inspect_ok(move |chunk| counted(chunk.len() as u64)).boxed(), sent)
    }

    /// The same body, its stream replaced by one that yields the same bytes, and `sent` told of those that the transport takes
    /// from the origin instead.
    pub(crate) fn watched(
        mut self,
        watch: impl FnOnce(Chunks) -> Chunks,
        sent: impl Fn(u64) + Send + Sync + 'static,
    ) -> Self {
        if let Some(origin) = &mut self.origin {
            origin.watchers.push(Box::new(sent));
        }
        Self { chunks: watch(self.chunks), ..self }
    }

    /// Where the bytes lie.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Where the bytes lie, for a transport that sends them from there. It takes either these or the stream.
    pub fn take_origin(&mut self) -> Option<Origin> {
        self.origin.take()
    }

    /// The exact length in bytes, as `Content-Length` must give it.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the body has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Stream for PartBody {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for PartBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartBody({} bytes)", self.len)
    }
}

/// Where a body's bytes lie: for a transport that can have the operating system send them from there, without reading them
/// (`sendfile`), and for a [`Digester`](crate::Digester) that reads them there. Only a source that says so has one
/// ([`Source::origin`]), and only a body whose bytes nobody has to see on their way.
pub struct Origin {
    handle: Arc<dyn Any + Send + Sync>,
    range: ByteRange,
    watchers: Vec<Box<dyn Fn(u64) + Send + Sync>>,
}

impl Origin {
    /// What the bytes lie in, where it is of this type.
    #[must_use]
    pub fn handle<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.handle.clone().downcast().ok()
    }

    /// Which bytes.
    #[must_use]
    pub fn range(&self) -> ByteRange {
        self.range
    }

    /// Counts bytes as taken, as the stream does by itself.
    pub fn count(&self, bytes: u64) {
        self.watchers.iter().for_each(|sent| sent(bytes));
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({:?})", self.range)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;
    use crate::MemorySource;

    /// Bytes that are the origin themselves.
    struct Known(MemorySource);

    impl Source for Known {
        fn len(&self) -> u64 {
            self.0.len()
        }

        fn open(&self, range: ByteRange) -> Chunks {
            self.0.open(range)
        }

        fn origin(&self) -> Option<Arc<dyn Any + Send + Sync>> {
            Some(Arc::new(7_u8))
        }
    }

    const RANGE: ByteRange = ByteRange { offset: 1, len: 2 };

    #[test]
    fn bytes_are_counted_whichever_way_they_are_taken() {
        let source = Known(MemorySource::new("abcd"));
        let sent = Arc::new(AtomicU64::new(0));
        let counter = sent.clone();
        let body = || {
            let counter = counter.clone();
            PartBody::of(&source, RANGE).counted(move |bytes| {
                counter.fetch_add(bytes, Relaxed);
            })
        };
        let chunks: Vec<_> = futures::executor::block_on(body().try_collect()).unwrap();
        assert_eq!((chunks, sent.swap(0, Relaxed)), (vec![Bytes::from("bc")], 2));
        let origin = body().take_origin().unwrap();
        origin.count(2);
        assert_eq!(
            (origin.handle::<u8>().as_deref(), origin.range(), sent.load(Relaxed)),
            (Some(&7), RANGE, 2)
        );
        assert!(origin.handle::<u16>().is_none());
    }

    #[test]
    fn who_looks_at_the_bytes_leaves_no_way_past_them() {
        let (len, chunks) = PartBody::of(&Known(MemorySource::new("abcd")), RANGE).into_parts();
        assert!(PartBody::new(len, chunks).take_origin().is_none());
        assert!(PartBody::of(&MemorySource::new("abcd"), RANGE).take_origin().is_none());
    }
}
