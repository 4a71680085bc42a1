use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use super::{sendfile::Lane, stand_in::is_stand_in, unsent::Unsent};

/// What is known of a connection's socket, and asked of it, while it is inside the connection.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// When the network last took a byte.
    wrote: Mutex<Option<Instant>>,
    /// The connection stands: from now on an answer may lie behind a write that fails.
    established: AtomicBool,
    discard: AtomicBool,
    /// Where the body of the request under way comes from, when it does not come through this process.
    lane: Mutex<Option<Arc<Lane>>>,
}

impl Wire {
    pub(super) fn set_lane(&self, lane: Option<Arc<Lane>>) {
        *self.lane.lock().unwrap_or_else(PoisonError::into_inner) = lane;
    }

    fn lane(&self) -> Option<Arc<Lane>> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn wrote(&self) -> Option<Instant> {
        *self.wrote.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_established(&self) {
        self.established.store(true, Relaxed);
    }

    /// When the socket closes, what the network has not taken yet is thrown away (and the connection reset) instead of being
    /// sent on.
    pub(super) fn set_discard(&self) {
        self.discard.store(true, Relaxed);
    }
}

/// A TCP socket on which an answer survives the connection.
///
/// A server that refuses early may answer and close with bytes unread, which resets the connection: the next write fails,
/// while the answer already lies in this side's receive buffer, still to be read (on Linux a reset leaves it there). HTTP
/// would give up at the failed write. Here such a write just never ends, and reading decides: it finds the answer, or the
/// connection's end.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    wire: Arc<Wire>,
    unsent: Unsent,
    broken: bool,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream) -> (Self, Arc<Wire>) {
        let wire = Arc::new(Wire::default());
        let unsent = Unsent::of(&tcp);
        (Self { tcp, wire: wire.clone(), unsent, broken: false }, wire)
    }

    /// Has the operating system send what a stand-in of this length stands for.
    fn poll_send_file(&mut self, cx: &mut Context<'_>, len: usize) -> Poll<io::Result<usize>> {
        let Some(lane) = self.wire.lane() else {
            return Poll::Ready(Err(io::Error::other("there is no file behind a body's bytes")));
        };
        loop {
            let sent = match ready!(self.tcp.poll_write_ready(cx)) {
                Ok(()) => self.tcp.try_io(Interest::WRITABLE, || lane.send(&self.tcp, len)),
                Err(error) => Err(error),
            };
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Nothing to be read on the connection explains that one.
                Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::Other) => {
                    return Poll::Ready(Err(error));
                }
                sent => return self.settle(sent),
            }
        }
    }

    fn settle(&mut self, wrote: io::Result<usize>) -> Poll<io::Result<usize>> {
        match wrote {
            Ok(bytes) => {
                let now = Instant::now();
                *self.wire.wrote.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
                self.unsent.took(&self.tcp, now, bytes);
            }
            Err(_) if self.wire.established.load(Relaxed) => {
                // No waker is kept: the reading side is woken by the same end of the connection.
                self.broken = true;
                return Poll::Pending;
            }
            Err(_) => {}
        }
        Poll::Ready(wrote)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.broken {
            return Poll::Pending;
        }
        if is_stand_in(bytes) {
            return self.poll_send_file(cx, bytes.len());
        }
        let wrote = ready!(Pin::new(&mut self.tcp).poll_write(cx, bytes));
        self.settle(wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.broken {
            return Poll::Pending;
        }
        let real = slices.iter().take_while(|slice| !is_stand_in(slice)).count();
        if let (0, Some(slice)) = (real, slices.first()) {
            return self.poll_send_file(cx, slice.len());
        }
        let wrote = ready!(Pin::new(&mut self.tcp).poll_write_vectored(cx, &slices[..real]));
        self.settle(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.wire.discard.load(Relaxed) {
            // Where that fails, the socket closes as sockets do.
            let _ = self.tcp.set_zero_linger();
        }
    }
}
