use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use super::{SandboxTls, throw_away};
use crate::SandboxError;

/// How long a client may take for its handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(30);

/// Encrypts the connections of a port.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    /// The certificate of the authority that was made for it.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Tls {
    /// Reads the certificate or makes one; `folder` is where to put the certificate of an authority.
    ///
    /// # Errors
    /// When a file cannot be read or written, or holds something else.
    pub(crate) fn open(kind: &SandboxTls, folder: &Path) -> Result<Self, SandboxError> {
        let (chain, key, ca_file) = match kind {
            SandboxTls::ThrowAway => {
                let made = throw_away::make(folder)?;
                (vec![made.cert], made.key, Some(made.ca_file))
            }
            SandboxTls::Files { cert, key } => (certificates(cert)?, private_key(key)?, None),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| match kind {
            SandboxTls::Files { cert, .. } => wrong(cert, &format!("it does not go with its key: {error}")),
            SandboxTls::ThrowAway => SandboxError::Setup(format!("TLS: {error}")),
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_file })
    }

    /// Has a client's handshake.
    ///
    /// # Errors
    /// When it does not succeed in time; most often, the client does not trust the authority.
    pub(crate) async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        tokio::time::timeout(HANDSHAKE_TIME, self.acceptor.accept(stream)).await?
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("ca_file", &self.ca_file).finish_non_exhaustive()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SandboxError> {
    let chain = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| wrong(path, &error))?;
    if chain.is_empty() {
        return Err(wrong(path, &"there is no certificate in it"));
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, SandboxError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| wrong(path, &error))
}

fn wrong(path: &Path, message: &dyn std::fmt::Display) -> SandboxError {
    SandboxError::Certificate { path: path.to_owned(), message: message.to_string() }
}
