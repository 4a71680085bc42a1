use std::time::Duration;

use reqwest::ClientBuilder;
use tokio::runtime::Handle;

use crate::{classify::chain, proxy::Proxies, tls};

/// How connections are made and when they count as dead; the same for both clients.
///
/// TLS certificates are always verified, against the system's certificate store and [`ca_certs`](Self::ca_certs).
#[derive(Clone)]
pub struct NetworkConfig {
    /// A request is given up when no byte of it has moved for this long, however long it takes as a whole.
    pub idle_timeout: Duration,
    /// The longest a connection may take to come about: name, TCP, proxy and TLS together.
    pub connect_timeout: Duration,
    /// Bundles of CA certificates (PEM) trusted in addition to the system's.
    pub ca_certs: Vec<Vec<u8>>,
    /// The proxy for every request but those to hosts in `NO_PROXY`: `http://…` or `https://…`, with user and
    /// password where it wants them. `None` obeys `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`. This machine's own
    /// addresses are always reached directly.
    pub proxy: Option<String>,
    /// How many idle connections are kept per host; best the number of parts in flight at once.
    pub connections: usize,
    /// The runtime that the storage's connections live on: where bytes are read from files, encrypted and written to sockets. One
    /// with several threads has large uploads use several processors, while whoever drives the uploads stays on one thread, which
    /// many small requests want. `None` leaves them to the runtime that sends.
    pub storage_runtime: Option<Handle>,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            ca_certs: Vec::new(),
            proxy: None,
            connections: 8,
            storage_runtime: None,
        }
    }
}

impl std::fmt::Debug for NetworkConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A proxy's URL may hold its password.
        f.debug_struct("NetworkConfig")
            .field("idle_timeout", &self.idle_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("ca_certs", &self.ca_certs.len())
            .field("proxy", &self.proxy.is_some())
            .field("connections", &self.connections)
            .field("storage_runtime", &self.storage_runtime.is_some())
            .finish()
    }
}

/// Why no client could be made from a [`NetworkConfig`] or from credentials. Never contains a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The proxy's URL cannot be used.
    #[error("the proxy in {origin} cannot be used: it must be http:// or https:// with a host")]
    Proxy {
        /// Where it was set: `the settings`, or the environment variable's name.
        origin: &'static str,
    },
    /// One of the CA bundles holds no usable certificate.
    #[error("CA bundle {} holds no usable PEM certificate", .index + 1)]
    CaCerts {
        /// Which of [`NetworkConfig::ca_certs`], from 0.
        index: usize,
    },
    /// A credential that cannot stand in a header.
    #[error("the {0} has a character that cannot stand in a header")]
    Header(&'static str),
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
}

impl NetworkConfig {
    /// A client that does no more than it is told: HTTP/1.1, no redirects, no retries, no `Referer`.
    pub(crate) fn build(
        &self,
        customise: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> Result<reqwest::Client, SetupError> {
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .pool_max_idle_per_host(self.connections)
            .tls_backend_preconfigured(tls::client_config(&self.ca_certs)?)
            .no_proxy();
        for proxy in Proxies::resolve(self.proxy.as_deref())?.for_reqwest()? {
            builder = builder.proxy(proxy);
        }
        let client = customise(builder).build();
        client.map_err(|error| SetupError::Tls(innermost(&error.without_url())))
    }
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
