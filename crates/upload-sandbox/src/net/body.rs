use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// How much of a refused body is read and thrown away so that the refusal can be read: a socket closed with unread
/// bytes in it is reset, and the reset overtakes the answer. S3 lingers likewise.
const DRAIN_BYTES: usize = 256 * 1024 * 1024;
/// How long it is read for that.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// A request body that counts what is read of it and, dropped before its end, throws away the rest in the
/// background, within bounds.
#[derive(Debug)]
pub(crate) struct GuardedBody {
    inner: Option<Incoming>,
    counter: Arc<AtomicU64>,
    /// A client that waits for `100 Continue` has not sent the body; reading it would ask for it.
    drains: bool,
}

impl GuardedBody {
    pub(crate) fn new(inner: Incoming, headers: &http::HeaderMap, counter: Arc<AtomicU64>) -> Self {
        let drains = !headers.contains_key(http::header::EXPECT);
        Self { inner: Some(inner), counter, drains }
    }

    /// Reads and throws away this many bytes, or all where there are fewer.
    pub(crate) async fn skip(&mut self, bytes: u64) {
        let mut left = bytes;
        while left > 0 {
            match self.frame().await {
                Some(Ok(frame)) => {
                    let read = frame.data_ref().map_or(0, Bytes::len);
                    left = left.saturating_sub(read as u64);
                }
                Some(Err(_)) | None => return,
            }
        }
    }
}

impl Body for GuardedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(cx);
        self.drains = true;
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let read = frame.data_ref().map_or(0, Bytes::len);
                self.counter.fetch_add(read as u64, Relaxed);
            }
            Poll::Ready(_) => self.inner = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for GuardedBody {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take()
            && self.drains
            && !inner.is_end_stream()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(DRAIN_TIME, drain(inner)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > DRAIN_BYTES {
            return;
        }
    }
}

/// Holds a body without reading on, for ever: the client sees its sends block.
pub(crate) async fn stalled(body: GuardedBody) -> std::convert::Infallible {
    let never = std::future::pending().await;
    drop(body);
    never
}
