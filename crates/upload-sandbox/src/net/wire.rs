use std::{net::Ipv4Addr, sync::Arc};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{Tls, link};
use crate::SandboxError;

/// How much of what has arrived waits in the system where the link is not as it is: little, so that a client whose bytes are
/// not taken notices. The system doubles it for its own needs (socket(7)).
const RECEIVE_BUFFER: u32 = 128 * 1024;

/// What lies between clients and a port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    pub(crate) tls: Option<Tls>,
    pub(crate) link: Option<Arc<link::Shared>>,
}

impl Wire {
    /// Whether nothing does.
    pub(crate) fn is_bare(&self) -> bool {
        self.tls.is_none() && self.link.is_none()
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// A connection that was just accepted, over the link.
    pub(crate) fn line(&self, stream: TcpStream) -> link::Line<TcpStream> {
        match &self.link {
            Some(link) => link.connect(stream),
            None => link::Line::plain(stream),
        }
    }

    /// Opens a port on loopback for it; nobody else's machine can reach it. Answers where clients find it.
    pub(crate) async fn bind(&self, port: u16) -> Result<(TcpListener, String), SandboxError> {
        let listen = |source| SandboxError::Listen { port, source };
        let listener = self.listen(port).await.map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        Ok((listener, format!("{}://127.0.0.1:{port}", self.scheme())))
    }

    async fn listen(&self, port: u16) -> std::io::Result<TcpListener> {
        if self.link.is_none() {
            return TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        }
        let socket = TcpSocket::new_v4()?;
        #[cfg(not(windows))]
        socket.set_reuseaddr(true)?;
        // Accepted connections inherit it, and it has to be there before they are: the window's scale is settled in the
        // handshake.
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
        socket.listen(1024)
    }
}
