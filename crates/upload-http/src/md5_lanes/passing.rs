//! Bodies hashed on their way, a chunk at a time: those that lie in no file.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, channel::oneshot};
use upload_core::{Chunks, Digest, PartBody, SourceError};

use super::engine::State;

pub(super) fn digest(body: PartBody, state: State) -> (PartBody, Digest) {
    let (len, chunks) = body.into_parts();
    let (done, digest) = oneshot::channel();
    let mut passing = Passing { chunks, left: len, hash: Some((state, done)) };
    // Nobody asks for the bytes of an empty body.
    passing.end_if_whole();
    (PartBody::new(len, passing.boxed()), digest.map(|digest| Ok(digest.ok())).boxed())
}

struct Passing {
    chunks: Chunks,
    left: u64,
    /// What has gone through, until it was all.
    hash: Option<(State, oneshot::Sender<[u8; 16]>)>,
}

impl Passing {
    fn end_if_whole(&mut self) {
        if self.left == 0
            && let Some((state, done)) = self.hash.take()
        {
            // Nobody may be interested any more.
            let _ = done.send(state.finish());
        }
    }
}

impl Stream for Passing {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let next = this.chunks.as_mut().poll_next(cx);
        if let Poll::Ready(Some(Ok(chunk))) = &next
            && let Some((state, _)) = &mut this.hash
        {
            state.update(chunk);
            this.left = this.left.saturating_sub(chunk.len() as u64);
            this.end_if_whole();
        }
        next
    }
}
