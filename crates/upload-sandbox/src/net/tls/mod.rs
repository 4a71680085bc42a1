//! TLS on the sandbox's ports.

mod acceptor;
mod throw_away;

use std::path::PathBuf;

pub(crate) use acceptor::Tls;

/// Where the certificate of both ports comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxTls {
    /// A certificate authority is made for this start and forgotten; its certificate lies in `sandbox-ca.pem` in the storage's
    /// folder until the sandbox stops.
    ThrowAway,
    /// A certificate of one's own. Clients reach the sandbox as 127.0.0.1 or `localhost`, so it should name them.
    Files {
        /// The certificate, and those between it and its authority (PEM).
        cert: PathBuf,
        /// Its private key (PEM).
        key: PathBuf,
    },
}
