use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{StreamExt, stream::Stream};

use super::Progress;
use crate::{Chunks, PartBody, SourceError, TransportError, TransportErrorKind};

/// Watches the body of one attempt: counts its bytes, holds it to its length, and remembers a local read error,
/// which transports otherwise report as trouble of their own.
///
/// Dropping it, as cancelling an attempt does, takes the attempt's bytes back out of the progress.
///
/// [`Driver`](super::Driver) meters every part by itself; whoever sends a body without it, as direct uploads do, starts
/// one for each attempt.
pub struct Meter(Arc<Shared>);

struct Shared {
    progress: Progress,
    expected: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sent: u64,
    /// The attempt is over: a body that lingers in a connection no longer counts.
    closed: bool,
    error: Option<String>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts bytes as sent, unless they are more than there should be.
    fn count(&self, bytes: u64) -> bool {
        let mut state = self.state();
        if state.sent + bytes > self.expected {
            return false;
        }
        state.sent += bytes;
        if !state.closed {
            self.progress.add_sent(bytes);
        }
        true
    }
}

impl Meter {
    /// Watches a body of `expected` bytes, counting into `progress`.
    #[must_use]
    pub fn start(progress: Progress, expected: u64) -> Self {
        Self(Arc::new(Shared { progress, expected, state: Mutex::default() }))
    }

    /// The same chunks, watched.
    #[must_use]
    pub fn watch(&self, chunks: Chunks) -> Chunks {
        Watched { shared: self.0.clone(), chunks, ended: false }.boxed()
    }

    /// The same body, watched.
    pub(super) fn watch_body(&self, body: PartBody) -> PartBody {
        let shared = self.0.clone();
        let sent = move |bytes| {
            // The operating system sends no more than it is asked to, and the transport looks whether it was all.
            shared.count(bytes);
        };
        body.watched(|chunks| self.watch(chunks), sent)
    }

    /// The attempt's result, with a local read error put in the place of what the transport made of it.
    ///
    /// # Errors
    /// The transport's error, or the local one.
    pub fn settle<T>(self, result: Result<T, TransportError>) -> Result<T, TransportError> {
        let mut state = self.0.state();
        if let Some(message) = state.error.take() {
            return Err(TransportError::new(TransportErrorKind::Source, message));
        }
        if result.is_ok() {
            state.closed = true;
            self.0.progress.add_sent(self.0.expected);
            self.0.progress.take_back(state.sent);
            self.0.progress.add_stored(self.0.expected);
        }
        drop(state);
        result
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Meter({} bytes)", self.0.expected)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if !state.closed {
            state.closed = true;
            self.0.progress.take_back(state.sent);
        }
    }
}

struct Watched {
    shared: Arc<Shared>,
    chunks: Chunks,
    ended: bool,
}

impl Watched {
    fn fail(&mut self, error: SourceError) -> Poll<Option<Result<Bytes, SourceError>>> {
        self.ended = true;
        self.shared.state().error = Some(error.to_string());
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let Poll::Ready(next) = self.chunks.as_mut().poll_next(cx) else { return Poll::Pending };
        let chunk = match next {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => return self.fail(error),
            None => {
                let (sent, expected) = (self.shared.state().sent, self.shared.expected);
                if sent < expected {
                    return self.fail(SourceError::Changed(format!("{} bytes are missing", expected - sent)));
                }
                self.ended = true;
                return Poll::Ready(None);
            }
        };
        match self.shared.count(chunk.len() as u64) {
            true => Poll::Ready(Some(Ok(chunk))),
            false => self.fail(SourceError::Changed("it has grown".into())),
        }
    }
}
