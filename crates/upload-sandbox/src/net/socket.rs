use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::{connection::Connection, link::Line};
use crate::Close;

/// How many times a second a slow connection takes something.
const PORTIONS: u64 = 20;

/// A socket that is read slowly, and closed, as its [`Connection`] says.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Line<TcpStream>,
    connection: Connection,
    /// Until when a slow connection takes nothing.
    pause: Option<Pin<Box<Sleep>>>,
    is_half_closed: bool,
}

impl Socket {
    pub(super) fn new(stream: Line<TcpStream>, connection: Connection) -> Self {
        Self { stream, connection, pause: None, is_half_closed: false }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.connection.is_reset() {
            // Closing with a zero linger time is what sends RST instead of FIN. If it cannot be set, the peer sees
            // an early end instead, which is as good a fault.
            self.stream.get_ref().set_zero_linger().ok();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(pause) = self.pause.as_mut() {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let rate = self.connection.rate();
        if rate == 0 {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let portion = usize::try_from((rate / PORTIONS).max(1)).unwrap_or(usize::MAX);
        let mut small = vec![0; portion.min(buf.remaining())];
        let mut taken = ReadBuf::new(&mut small);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut taken))?;
        let taken = taken.filled();
        buf.put_slice(taken);
        #[allow(clippy::cast_precision_loss, reason = "a pace need not be exact")]
        let pause = Duration::from_secs_f64(taken.len() as f64 / rate as f64);
        self.pause = Some(Box::pin(sleep(pause)));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has written all that was in its own buffer, so this is where an answer has gone out.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        match self.connection.closes_now() {
            Some(Close::Rst) => self.connection.reset(),
            Some(Close::Fin) if !self.is_half_closed => {
                self.is_half_closed = true;
                return Pin::new(&mut self.stream).poll_shutdown(cx);
            }
            _ => {}
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_half_closed {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
