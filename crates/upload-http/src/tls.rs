//! Whom TLS trusts: the system's certificate store and the CAs of the settings, the same for both clients.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

use crate::SetupError;

/// How TLS connections are made: verified always, speaking HTTP/1.1, resuming sessions.
///
/// # Errors
/// For a CA bundle that cannot be used.
pub(crate) fn client_config(ca_certs: &[Vec<u8>]) -> Result<ClientConfig, SetupError> {
    let authorities = Authorities::of(ca_certs)?;
    let builder = ClientConfig::builder_with_provider(authorities.provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Tls(error.to_string()))?;
    // "Dangerous" is the way to any verifier but webpki's own; this one asks the platform's, every time.
    let mut config = builder.dangerous().with_custom_certificate_verifier(authorities).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Verifies with the platform's verifier, which is made when it is first needed: reading the system's certificates takes
/// longer than a small upload over plain HTTP.
#[derive(Debug)]
struct Authorities {
    /// What they were made from.
    ca_certs: Vec<Vec<u8>>,
    extra: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Result<Verifier, rustls::Error>>,
}

/// The authorities made last, for the clients of one process to share: they are made from the same settings.
static LAST: Mutex<Option<Arc<Authorities>>> = Mutex::new(None);

impl Authorities {
    fn of(ca_certs: &[Vec<u8>]) -> Result<Arc<Self>, SetupError> {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(authorities) = &*last
            && authorities.ca_certs == ca_certs
        {
            return Ok(authorities.clone());
        }
        let extra = certificates(ca_certs)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let (ca_certs, verifier) = (ca_certs.to_vec(), OnceLock::new());
        let authorities = Arc::new(Self { ca_certs, extra, provider, verifier });
        *last = Some(authorities.clone());
        Ok(authorities)
    }

    fn verifier(&self) -> Result<&Verifier, rustls::Error> {
        let made = self.verifier.get_or_init(|| {
            let verifier = Verifier::new_with_extra_roots(self.extra.iter().cloned(), self.provider.clone());
            // A system without any CA certificate, such as a bare container, can still speak plain HTTP.
            verifier.map_err(|error| {
                rustls::Error::General(format!(
                    "{error}; name a CA to trust, or install the system's certificates"
                ))
            })
        });
        made.as_ref().map_err(Clone::clone)
    }
}

fn certificates(ca_certs: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let mut all = Vec::new();
    for (index, pem) in ca_certs.iter().enumerate() {
        match CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>() {
            Ok(certificates) if !certificates.is_empty() => all.extend(certificates),
            Ok(_) | Err(_) => return Err(SetupError::CaCerts { index }),
        }
    }
    let mut store = RootCertStore::empty();
    for certificate in &all {
        store.add(certificate.clone()).map_err(|error| SetupError::Tls(error.to_string()))?;
    }
    Ok(all)
}

impl ServerCertVerifier for Authorities {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_bundle_without_a_certificate_is_refused() {
        for bad in [
            "",
            "not PEM",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            let error = client_config(&[bad.into()]).map(drop).unwrap_err();
            assert_eq!(error, SetupError::CaCerts { index: 0 }, "{bad}");
        }
        let not_a_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(client_config(&[not_a_certificate.into()]), Err(SetupError::Tls(_))));
    }
}
