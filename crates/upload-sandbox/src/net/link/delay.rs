use std::{
    collections::VecDeque,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::AsyncWrite,
    time::{Instant, Sleep, sleep_until},
};

/// How much may be on the way back: enough for answers. What is larger than that goes slower than it would.
const MOST: usize = 1024 * 1024;

/// Bytes on their way back to the client, each with the time at which it leaves here.
#[derive(Debug, Default)]
pub(super) struct Delay {
    waiting: VecDeque<(Instant, Bytes)>,
    length: usize,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Delay {
    pub(super) fn is_full(&self) -> bool {
        self.length >= MOST
    }

    pub(super) fn push(&mut self, leaves: Instant, bytes: &[u8]) {
        self.length += bytes.len();
        self.waiting.push_back((leaves, Bytes::copy_from_slice(bytes)));
    }

    /// Writes what is due; ready when all has been written.
    pub(super) fn poll<S>(&mut self, stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        S: AsyncWrite + Unpin,
    {
        while let Some((leaves, bytes)) = self.waiting.front_mut() {
            if *leaves > Instant::now() {
                let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(*leaves)));
                sleep.as_mut().reset(*leaves);
                ready!(sleep.as_mut().poll(cx));
            }
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, bytes))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.length -= written;
            bytes.advance(written);
            if bytes.is_empty() {
                self.waiting.pop_front();
            }
        }
        Poll::Ready(Ok(()))
    }
}
