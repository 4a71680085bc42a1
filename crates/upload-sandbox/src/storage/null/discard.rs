//! Reading in order to throw away.

use std::io;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use crate::net::Line;

/// A stream whose bytes can be thrown away.
pub(super) trait Discard: AsyncRead + Unpin + Send {
    /// Throws away some bytes, at most as many as `room` holds, and answers how many; 0 at the end of the stream. What
    /// stands in `room` afterwards means nothing.
    fn discard(&mut self, room: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Send {
        async move { self.read(room).await }
    }
}

/// On Linux, `MSG_TRUNC` has the kernel drop a TCP stream's bytes instead of copying them out (tcp(7)), which is most of
/// what reading costs.
#[cfg(target_os = "linux")]
impl Discard for TcpStream {
    async fn discard(&mut self, room: &mut [u8]) -> io::Result<usize> {
        use rustix::net::{RecvFlags, recv};
        let dropped = self
            .async_io(tokio::io::Interest::READABLE, || Ok(recv(&*self, &mut *room, RecvFlags::TRUNC)?.1));
        dropped.await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Discard for Line<S> {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Discard for TlsStream<S> {}

#[cfg(not(target_os = "linux"))]
impl Discard for TcpStream {}
