//! A certificate for one start, and the authority that signs it.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::SandboxError;

/// The file with the authority's certificate, in the storage's folder.
const CA_FILE: &str = "sandbox-ca.pem";

pub(super) struct Made {
    pub(super) cert: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) ca_file: PathBuf,
}

/// Makes both; the authority's key is forgotten at once.
pub(super) fn make(folder: &Path) -> Result<Made, SandboxError> {
    let (ca_pem, cert, key) =
        sign().map_err(|error| SandboxError::Setup(format!("no certificate can be made: {error}")))?;
    let ca_file = folder.join(CA_FILE);
    std::fs::write(&ca_file, ca_pem)
        .map_err(|source| SandboxError::StorageDir { path: ca_file.clone(), source })?;
    Ok(Made { cert, key, ca_file })
}

type Signed = (String, CertificateDer<'static>, PrivateKeyDer<'static>);

fn sign() -> Result<Signed, rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "upload sandbox, for one start");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate()?;
    let ca_pem = authority.self_signed(&authority_key)?.pem();

    let mut server = CertificateParams::new(vec!["localhost".to_owned()])?;
    server.distinguished_name.push(DnType::CommonName, "upload sandbox");
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        server.subject_alt_names.push(SanType::IpAddress(address));
    }
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let cert = server.signed_by(&key, &Issuer::new(authority, authority_key))?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
    Ok((ca_pem, cert.der().clone(), key))
}
