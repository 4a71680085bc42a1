use std::{convert::Infallible, future::Future, net::Ipv4Addr, time::Duration};

use http::{Request, Response, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{connection::Connection, socket::Socket};
use crate::{SandboxError, clock::Clock};

/// How long open connections may finish what they are doing when the server stops.
const GRACE: Duration = Duration::from_millis(500);

/// Opens a port on loopback; nobody else's machine can reach it.
pub(crate) async fn bind(port: u16) -> Result<(TcpListener, u16), SandboxError> {
    let listen = |source| SandboxError::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
    let port = listener.local_addr().map_err(listen)?.port();
    Ok((listener, port))
}

/// A running server. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub(crate) struct Server {
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

/// Ends, or changes, when the server is to stop.
pub(crate) type Stopped = watch::Receiver<bool>;

impl Server {
    /// Answers every request on the listener with `answer`, until stopped, dated by `clock`. The request's extensions hold its
    /// [`Connection`].
    pub(crate) fn start<F, A, B>(listener: TcpListener, clock: Clock, answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response<B>> + Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::accepting(listener, move |stream, stopped| serve(stream, clock, answer.clone(), stopped))
    }

    /// Has `serve` serve every connection of the listener, until stopped.
    pub(crate) fn accepting<F, S>(listener: TcpListener, serve: F) -> Self
    where
        F: Fn(TcpStream, Stopped) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, serve, stopped));
        Self { stop, accepting }
    }

    /// Takes no more connections, lets the open ones finish for a short while, then cuts them off.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        // It can only fail by a panic inside, which the runtime has reported already.
        self.accepting.await.ok();
    }
}

async fn accept<F, S>(listener: TcpListener, serve: F, mut stopped: Stopped)
where
    F: Fn(TcpStream, Stopped) -> S + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // An error here means that the handle was dropped: stop as well.
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Answers are small and written at once; waiting to fill a segment would only delay them.
                    stream.set_nodelay(true).ok();
                    connections.spawn(serve(stream, stopped.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: give those in use a moment to come back.
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
    drop(listener);
    let all_done = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_done).await.is_err() {
        connections.shutdown().await;
    }
}

async fn serve<F, A, B>(stream: TcpStream, clock: Clock, answer: F, mut stopped: Stopped)
where
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let connection = Connection::default();
    let socket = TokioIo::new(Socket::new(stream, connection.clone()));
    let service = service_fn(|mut request: Request<Incoming>| {
        connection.begin();
        request.extensions_mut().insert(connection.clone());
        let answer = answer(request);
        let connection = connection.clone();
        async move { Ok::<_, Infallible>(dated(answer.await, clock).map(|body| connection.watch(body))) }
    });
    // The timer gives hyper its time limit for request heads.
    let serving = http1::Builder::new().timer(TokioTimer::new()).serve_connection(socket, service);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to the sandbox ended early");
            }
            return;
        }
        () = connection.was_reset() => return,
        _ = stopped.changed() => serving.as_mut().graceful_shutdown(),
    }
    serving.await.ok();
}

/// hyper dates every answer that has no date, by the right time.
fn dated<B>(mut answer: Response<B>, clock: Clock) -> Response<B> {
    if !clock.is_right()
        && let Ok(date) = httpdate::fmt_http_date(clock.now()).parse()
    {
        answer.headers_mut().entry(header::DATE).or_insert(date);
    }
    answer
}
