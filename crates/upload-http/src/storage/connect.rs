use std::{
    error::Error,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::FutureExt;

use http::Uri;
use hyper::client::conn::http1;
use hyper_util::{
    client::{
        legacy::connect::{HttpConnector, proxy::Tunnel},
        proxy::matcher::{Intercept, Matcher},
    },
    rt::TokioIo,
};
use rustls::{ClientConfig, ClientConnection, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
    task::{JoinError, JoinHandle},
};
use tokio_rustls::TlsConnector;
use tower_service::Service;
use upload_core::TransportError;

use super::{
    pool::{Connection, Task},
    socket::{Socket, Wire},
    target::{Forwarder, Target},
};
use crate::{NetworkConfig, SetupError, classify::no_connection, proxy::Proxies, tls};

/// How much of a body a connection may hold before it asks for no more, in bytes, and the longest head of an answer. With
/// less than this still to be written the next chunk is asked for, so that a connection holds about one.
const CONNECTION_BUFFER: usize = 32 * 1024;

/// How much of a body a TLS connection holds encrypted while the network does not take it, in bytes: two records, half of what
/// rustls does by itself, at the same speed.
const ENCRYPTED: usize = 32 * 1024;

type Trouble = Box<dyn Error + Send + Sync>;

/// A connection's bytes, by whatever layers they go.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Makes connections: TCP, a proxy where there is one, TLS where the URL asks for it.
pub(super) struct Connector {
    way: Arc<Way>,
    timeout: Duration,
    runtime: Option<Handle>,
}

/// What it takes to get there.
struct Way {
    tcp: HttpConnector,
    tls: TlsConnector,
    proxies: Matcher,
}

impl Connector {
    /// Makes the connector; connects nowhere yet.
    ///
    /// # Errors
    /// For a proxy or CA that cannot be used.
    pub(super) fn new(network: &NetworkConfig) -> Result<Self, SetupError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(network.connect_timeout));
        let config: ClientConfig = tls::client_config(&network.ca_certs)?;
        let proxies = Proxies::resolve(network.proxy.as_deref())?.matcher();
        let way = Arc::new(Way { tcp, tls: Arc::new(config).into(), proxies });
        Ok(Self { way, timeout: network.connect_timeout, runtime: network.storage_runtime.clone() })
    }

    /// Whether what is written goes to the target's or a proxy's socket as it is.
    pub(super) fn is_plain(&self, target: &Target) -> bool {
        let is_https = |uri: &Uri| uri.scheme_str() == Some("https");
        let proxy = self.way.proxies.intercept(&target.origin);
        !is_https(&target.origin) && !proxy.is_some_and(|proxy| is_https(proxy.uri()))
    }

    /// Connects to where the target is.
    ///
    /// # Errors
    /// When no connection comes about in time. `host` is what messages call it.
    pub(super) async fn connect(&self, target: &Target, host: &str) -> Result<Connection, TransportError> {
        let (way, to) = (self.way.clone(), target.origin.clone());
        let connecting = async move { way.layers(&to).await };
        let connecting = async {
            match &self.runtime {
                // A socket belongs to the runtime that it was made on, and so does the task that serves it.
                Some(runtime) => {
                    AbortOnDrop(runtime.spawn(connecting)).await.unwrap_or_else(|e| Err(e.into()))
                }
                None => connecting.await,
            }
        };
        match tokio::time::timeout(self.timeout, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => {
                let timed_out = is_timeout(&*error);
                Err(no_connection(error, timed_out, host))
            }
            Err(elapsed) => Err(no_connection(elapsed.into(), true, host)),
        }
    }
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(cx)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Way {
    /// Connects to the origin.
    async fn layers(&self, to: &Uri) -> Result<Connection, Trouble> {
        let proxy = self.proxies.intercept(to);
        let (mut stream, wire) = match &proxy {
            Some(proxy) => {
                let (stream, wire) = self.socket(proxy.uri().clone()).await?;
                let is_https = proxy.uri().scheme_str() == Some("https");
                (if is_https { self.secure(stream, proxy.uri()).await? } else { stream }, wire)
            }
            None => self.socket(to.clone()).await?,
        };
        let mut forwarder = None;
        if to.scheme_str() == Some("https") {
            if let Some(proxy) = &proxy {
                stream = tunnel(stream, proxy, to).await?;
            }
            stream = self.secure(stream, to).await?;
        } else if let Some(proxy) = &proxy {
            forwarder = Some(Forwarder { authorization: proxy.basic_auth().cloned() });
        }
        wire.set_established();
        // Queued, so that the bodies' own slices reach the stream.
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(CONNECTION_BUFFER)
            .writev(true)
            .handshake(TokioIo::new(stream))
            .await?;
        let task = Task::spawn(async move {
            // Whoever waits for an answer is told the same.
            let _ = connection.await;
        });
        Ok(Connection { sender, wire, forwarder, task })
    }

    async fn socket(&self, to: Uri) -> Result<(Box<dyn Stream>, Arc<Wire>), Trouble> {
        let tcp = self.tcp.clone().call(to).await?.into_inner();
        let (socket, wire) = Socket::new(tcp);
        Ok((Box::new(socket), wire))
    }

    async fn secure(&self, stream: Box<dyn Stream>, to: &Uri) -> Result<Box<dyn Stream>, Trouble> {
        // An IPv6 address stands in brackets in a URI, and without them in a certificate.
        let name = to.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(name.to_owned())?;
        let limit = |connection: &mut ClientConnection| connection.set_buffer_limit(Some(ENCRYPTED));
        Ok(Box::new(self.tls.connect_with(name, stream, limit).await?))
    }
}

/// Has the proxy connect to the target.
async fn tunnel(stream: Box<dyn Stream>, proxy: &Intercept, to: &Uri) -> Result<Box<dyn Stream>, Trouble> {
    let mut tunnel = Tunnel::new(proxy.uri().clone(), Connected(Some(TokioIo::new(stream))));
    if let Some(authorization) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(authorization.clone());
    }
    Ok(tunnel.call(to.clone()).await?.into_inner())
}

/// A stream that is connected already, as what hyper-util's tunnel asks for one.
struct Connected(Option<TokioIo<Box<dyn Stream>>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = std::io::Error;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        std::future::ready(self.0.take().ok_or_else(|| std::io::ErrorKind::NotConnected.into()))
    }
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    crate::classify::chain(error)
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|io| io.kind() == std::io::ErrorKind::TimedOut && io.raw_os_error().is_none())
}
