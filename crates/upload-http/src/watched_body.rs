//! A request's body on its way: held to its length, stopped when the request is, and watched for stalls.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, task::AtomicWaker};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;
use upload_core::{PartBody, SourceError};

/// The most handed to a connection at once, in bytes, where nothing else tells that bytes move. The connection asks for
/// more only when it has room, so this is how finely progress is seen: 64 KiB within 30 s is a link of 2 KiB/s.
const FINE: usize = 64 * 1024;
/// The most handed to a connection at once, in bytes, where its socket tells of each write.
pub(crate) const COARSE: usize = 128 * 1024;

/// What is known of a body on its way, shared between the request and the body inside the connection.
#[derive(Debug)]
pub(crate) struct Flow {
    state: Mutex<State>,
    waker: AtomicWaker,
}

#[derive(Debug)]
struct State {
    waiting: Waiting,
    gate: Gate,
    moved: Instant,
}

/// Whom the request is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// The connection, which has its own timeout.
    Connection,
    /// The local bytes.
    Source,
    /// The network, to take the bytes it was given.
    Network,
    /// The answer: the whole body was handed over.
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Open,
    /// An answer came early: nothing more is sent while it is read.
    Held,
    /// The request is over; the connection is to be closed.
    Stopped,
}

impl Flow {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_to(&self, waiting: Waiting) {
        let mut state = self.state();
        state.waiting = waiting;
        state.moved = Instant::now();
    }

    fn set_gate(&self, gate: Gate) {
        self.state().gate = gate;
        self.waker.wake();
    }
}

/// The request's end of a [`Flow`]. Dropping it stops the body: it outlives the request inside its connection, and
/// would otherwise still be sent after the request was given up.
pub(crate) struct FlowGuard(Arc<Flow>);

impl FlowGuard {
    pub(crate) fn new() -> Self {
        let state = State { waiting: Waiting::Connection, gate: Gate::Open, moved: Instant::now() };
        Self(Arc::new(Flow { state: Mutex::new(state), waker: AtomicWaker::new() }))
    }

    pub(crate) fn share(&self) -> Arc<Flow> {
        self.0.clone()
    }

    /// Whether the connection has taken the whole body.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.state().waiting == Waiting::Answer
    }

    /// Sends nothing more, but leaves the connection open for its answer.
    pub(crate) fn hold(&self) {
        self.0.set_gate(Gate::Held);
    }

    /// Resolves when nothing has moved for too long, to what did not: no byte was taken for `idle`, or no answer came
    /// within `answer` of the last one.
    pub(crate) async fn stalled(&self, idle: Duration, answer: Duration) -> &'static str {
        self.stalled_on(idle, answer, || None).await
    }

    /// The same, where a socket tells when it last took a byte.
    pub(crate) async fn stalled_on(
        &self,
        idle: Duration,
        answer: Duration,
        wrote: impl Fn() -> Option<Instant>,
    ) -> &'static str {
        loop {
            let (waiting, moved) = {
                let state = self.0.state();
                (state.waiting, Some(state.moved).max(wrote()).unwrap_or(state.moved))
            };
            let (allowance, stall) = match waiting {
                Waiting::Connection | Waiting::Source => {
                    tokio::time::sleep(idle).await;
                    continue;
                }
                Waiting::Network => (idle, "the connection took no byte of the body"),
                Waiting::Answer => (answer, "no answer came after the body was sent"),
            };
            if moved.elapsed() >= allowance {
                return stall;
            }
            tokio::time::sleep_until(moved + allowance).await;
        }
    }
}

impl Drop for FlowGuard {
    fn drop(&mut self) {
        self.0.set_gate(Gate::Stopped);
    }
}

/// A file's or part's bytes as the connection takes them: of exactly the announced length, in slices, watched.
pub(crate) struct WatchedBody {
    /// A mutex only because reqwest wants its bodies `Sync`; it is never locked.
    chunks: Mutex<PartBody>,
    ready: Bytes,
    remaining: u64,
    slice: usize,
    flow: Arc<Flow>,
}

impl WatchedBody {
    pub(crate) fn new(body: PartBody, flow: Arc<Flow>) -> Self {
        if body.is_empty() {
            // The connection never asks for the bytes of such a body.
            flow.move_to(Waiting::Answer);
        }
        Self { remaining: body.len(), chunks: Mutex::new(body), ready: Bytes::new(), slice: FINE, flow }
    }

    /// For a connection whose socket tells of each write, so that it may be given more at once; see
    /// [`FlowGuard::stalled_on`].
    pub(crate) fn in_slices(slice: usize, body: PartBody, flow: Arc<Flow>) -> Self {
        Self { slice, ..Self::new(body, flow) }
    }

    fn next_slice(&mut self) -> Bytes {
        let slice = self.ready.split_to(self.ready.len().min(self.slice));
        self.remaining -= slice.len() as u64;
        self.flow.move_to(if self.remaining == 0 { Waiting::Answer } else { Waiting::Network });
        slice
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        this.flow.waker.register(cx.waker());
        let gate = this.flow.state().gate;
        match gate {
            Gate::Open => {}
            Gate::Held => return Poll::Pending,
            Gate::Stopped => return Poll::Ready(Some(Err(BodyError::Stopped))),
        }
        while this.ready.is_empty() {
            if this.remaining == 0 {
                this.flow.move_to(Waiting::Answer);
                return Poll::Ready(None);
            }
            let chunks = this.chunks.get_mut().unwrap_or_else(PoisonError::into_inner);
            match chunks.poll_next_unpin(cx) {
                Poll::Pending => {
                    this.flow.move_to(Waiting::Source);
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(chunk))) if chunk.len() as u64 > this.remaining => {
                    return Poll::Ready(Some(Err(changed("it has grown"))));
                }
                Poll::Ready(Some(Ok(chunk))) => this.ready = chunk,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(BodyError::Source(error)))),
                Poll::Ready(None) => return Poll::Ready(Some(Err(changed("bytes are missing")))),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(this.next_slice()))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

fn changed(how: &str) -> BodyError {
    BodyError::Source(SourceError::Changed(how.into()))
}

/// Why a body ended before its announced length; either way the connection is closed.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// The local bytes could not be read.
    Source(SourceError),
    /// The request was given up.
    Stopped,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Stopped => f.write_str("the request was given up"),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Source(error) => Some(error),
            Self::Stopped => None,
        }
    }
}
