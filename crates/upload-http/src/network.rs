use std::time::Duration;

use reqwest::{Certificate, ClientBuilder};

use crate::{classify::chain, proxy};

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
    /// password where it wants them. `None` obeys `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`, and goes to this
    /// machine's own addresses directly.
    pub proxy: Option<String>,
    /// How many idle connections are kept per host; best the number of parts in flight at once.
    pub connections: usize,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            ca_certs: Vec::new(),
            proxy: None,
            connections: 8,
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
        let certificates = self.certificates()?;
        let proxies = proxy::proxies(self.proxy.as_deref())?;
        let builder = || {
            let mut builder = reqwest::Client::builder()
                .http1_only()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(self.connect_timeout)
                .pool_max_idle_per_host(self.connections)
                .no_proxy();
            for proxy in &proxies {
                builder = builder.proxy(proxy.clone());
            }
            customise(builder)
        };
        let error = match builder().tls_certs_merge(certificates.iter().cloned()).build() {
            Ok(client) => return Ok(client),
            Err(error) => error.without_url(),
        };
        if !certificates.is_empty() {
            return Err(SetupError::Tls(innermost(&error)));
        }
        // A system without any CA certificate, such as a bare container, can still speak plain HTTP. Trusting
        // nobody, its HTTPS requests fail with an error that says so.
        tracing::warn!(
            target: "upload_http",
            "this system has no CA certificates ({}): HTTPS will fail unless a CA is named", innermost(&error)
        );
        let bare = builder().tls_certs_only([]).build();
        bare.map_err(|error| SetupError::Tls(innermost(&error.without_url())))
    }

    fn certificates(&self) -> Result<Vec<Certificate>, SetupError> {
        let mut all = Vec::new();
        for (index, pem) in self.ca_certs.iter().enumerate() {
            match Certificate::from_pem_bundle(pem) {
                Ok(certificates) if !certificates.is_empty() => all.extend(certificates),
                Ok(_) | Err(_) => return Err(SetupError::CaCerts { index }),
            }
        }
        Ok(all)
    }
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusting(pem: &str) -> Result<reqwest::Client, SetupError> {
        let good = NetworkConfig::default();
        NetworkConfig { ca_certs: vec![pem.into()], ..good }.build(|builder| builder)
    }

    #[test]
    fn a_ca_bundle_without_a_certificate_is_refused() {
        for bad in [
            "",
            "not PEM",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            let error = trusting(bad).unwrap_err();
            assert_eq!(error, SetupError::CaCerts { index: 0 }, "{bad}");
        }
        let not_a_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(trusting(not_a_certificate), Err(SetupError::Tls(_))));
    }
}
