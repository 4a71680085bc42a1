use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::{delay::Delay, flow::Flow};

/// A connection, over a [`Link`](super::Link) or as it is.
#[derive(Debug)]
pub(crate) struct Line<S> {
    stream: S,
    shaping: Option<Box<Shaping>>,
}

#[derive(Debug)]
struct Shaping {
    flow: Flow,
    pause: Option<Pin<Box<Sleep>>>,
    back: Delay,
}

impl<S> Line<S> {
    /// As it is.
    pub(crate) fn plain(stream: S) -> Self {
        Self { stream, shaping: None }
    }

    pub(super) fn shaped(stream: S, flow: Flow) -> Self {
        Self { stream, shaping: Some(Box::new(Shaping { flow, pause: None, back: Delay::default() })) }
    }

    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl Shaping {
    /// How many bytes may be read, once some may.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<u64> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.flow.room(Instant::now()) {
                Ok(room) => return Poll::Ready(room),
                Err(when) => self.pause = Some(Box::pin(sleep_until(when))),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(shaping) = &mut this.shaping else { return Pin::new(&mut this.stream).poll_read(cx, buf) };
        // Whoever waits for the next request does not flush any more.
        if let Poll::Ready(Err(error)) = shaping.back.poll(&mut this.stream, cx) {
            return Poll::Ready(Err(error));
        }
        let room = ready!(shaping.poll_room(cx));
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(buf.remaining());
        let mut portion = ReadBuf::new(buf.initialize_unfilled_to(room));
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut portion))?;
        let read = portion.filled().len();
        buf.advance(read);
        shaping.flow.took(read as u64, Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let Some(shaping) = &mut this.shaping else { return Pin::new(&mut this.stream).poll_write(cx, buf) };
        match shaping.back.poll(&mut this.stream, cx) {
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending if shaping.back.is_full() => return Poll::Pending,
            _ => {}
        }
        shaping.back.push(shaping.flow.leaves(Instant::now()), buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.shaping.is_none() {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        }
        let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
        self.poll_write(cx, first)
    }

    fn is_write_vectored(&self) -> bool {
        self.shaping.is_none() && self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(shaping) = &mut this.shaping {
            ready!(shaping.back.poll(&mut this.stream, cx))?;
        }
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
