//! HTTP/1.1 over one connection.

use std::{convert::Infallible, future::Future};

use http::{Request, Response, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{connection::Connection, server::Stopped, socket::Socket, wire::Wire};
use crate::clock::Clock;

pub(super) async fn serve<F, A, B>(stream: TcpStream, wire: Wire, clock: Clock, answer: F, stopped: Stopped)
where
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let connection = Connection::new(wire.scheme());
    let socket = Socket::new(wire.line(stream), connection.clone());
    match &wire.tls {
        None => answer_over(socket, connection, clock, answer, stopped).await,
        Some(tls) => match tls.accept(socket).await {
            Ok(stream) => answer_over(stream, connection, clock, answer, stopped).await,
            Err(error) => tracing::debug!(%error, "a handshake with the sandbox failed"),
        },
    }
}

async fn answer_over<S, F, A, B>(
    stream: S,
    connection: Connection,
    clock: Clock,
    answer: F,
    mut stopped: Stopped,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let socket = TokioIo::new(stream);
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
