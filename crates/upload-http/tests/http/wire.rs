//! A server of bare sockets, for what a well-behaved one does not do.

use std::{future::Future, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Serves each connection with `script`; returns the base URL. The server ends with the returned handle.
pub(crate) async fn serve<F, Fut>(script: F) -> (String, Server)
where
    F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(script(socket));
        }
    });
    (format!("http://{address}"), Server(task))
}

pub(crate) struct Server(JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads a request's head; returns its lines and what came of the body along with it.
pub(crate) async fn read_head(socket: &mut TcpStream) -> (Vec<String>, Vec<u8>) {
    let mut seen = Vec::new();
    loop {
        if let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(seen[..end].to_vec()).unwrap();
            return (head.split("\r\n").map(str::to_owned).collect(), seen.split_off(end + 4));
        }
        assert_ne!(socket.read_buf(&mut seen).await.unwrap(), 0, "the request ends in its head");
    }
}

pub(crate) fn content_length(head: &[String]) -> usize {
    let value = head.iter().find_map(|line| line.strip_prefix("content-length: "));
    value.expect("a content-length").parse().unwrap()
}

/// A server that reads a request's head and nothing of its body, and never answers.
pub(crate) async fn stops_reading() -> (String, Server) {
    serve(|mut socket| async move {
        read_head(&mut socket).await;
        std::future::pending::<()>().await;
    })
    .await
}

/// Reads the rest of a body of known length.
pub(crate) async fn read_body(socket: &mut TcpStream, mut body: Vec<u8>, len: usize) -> Vec<u8> {
    while body.len() < len {
        assert_ne!(socket.read_buf(&mut body).await.unwrap(), 0, "the request ends in its body");
    }
    body
}

pub(crate) async fn answer(socket: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let text = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
    socket.write_all(text.as_bytes()).await.unwrap();
}

/// Closes with a reset instead of a farewell.
pub(crate) fn reset(socket: TcpStream) {
    socket.set_zero_linger().unwrap();
}
