use std::{future::Future, time::Duration};

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{serve::serve, wire::Wire};
use crate::clock::Clock;

/// How long open connections may finish what they are doing when the server stops.
const GRACE: Duration = Duration::from_millis(500);

/// A running server. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub(crate) struct Server {
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

/// Ends, or changes, when the server is to stop.
pub(crate) type Stopped = watch::Receiver<bool>;

impl Server {
    /// Answers every request on the listener, which is at the end of `wire`, with `answer`, until stopped, dated by `clock`. The
    /// request's extensions hold its [`Connection`](super::Connection).
    pub(crate) fn start<F, A, B>(listener: TcpListener, wire: Wire, clock: Clock, answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response<B>> + Send + 'static,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::accepting(listener, move |stream, stopped| {
            serve(stream, wire.clone(), clock, answer.clone(), stopped)
        })
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
