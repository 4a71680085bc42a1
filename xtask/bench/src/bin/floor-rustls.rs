//! The least that can be done over TLS: rustls with aws-lc-rs, two threads with a connection each, 256 KiB at a time.

use std::{io::Write, os::unix::fs::FileExt, sync::Arc, thread};

use anyhow::{Context, Result, anyhow, ensure};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use upload_bench::{CHUNK, Part, Parts, Target};

const CONNECTIONS: usize = 2;
/// Large, so that it is the bytes that cost.
const PART: u64 = 64 * 1024 * 1024;

fn main() -> Result<()> {
    let (target, files) = upload_bench::arguments()?;
    ensure!(target.endpoint.starts_with("https:"), "this floor is one of TLS");
    let config = Arc::new(config()?);
    let parts = Parts::new(files, PART);
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..CONNECTIONS).map(|_| scope.spawn(|| send(&parts, &target, config.clone()))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
    })
}

fn config() -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let ca = std::env::var_os("SSL_CERT_FILE").context("SSL_CERT_FILE is not set")?;
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn send(parts: &Parts, target: &Target, config: Arc<ClientConfig>) -> Result<()> {
    let Some(mut part) = parts.next()? else { return Ok(()) };
    let mut tls = ClientConnection::new(config, ServerName::try_from(target.host.clone())?)?;
    tls.set_buffer_limit(Some(2 * CHUNK));
    let mut stream = StreamOwned::new(tls, target.connect()?);
    let mut buffer = vec![0; CHUNK];
    loop {
        target.begin_put(&mut stream, &part.key, part.end - part.offset)?;
        send_part(&part, &mut stream, &mut buffer)?;
        upload_bench::end_put(&mut stream)?;
        match parts.next()? {
            Some(next) => part = next,
            None => return Ok(()),
        }
    }
}

fn send_part(part: &Part, stream: &mut impl Write, buffer: &mut [u8]) -> Result<()> {
    let mut offset = part.offset;
    while offset < part.end {
        let len = buffer.len().min(usize::try_from(part.end - offset)?);
        part.file.read_exact_at(&mut buffer[..len], offset)?;
        stream.write_all(&buffer[..len])?;
        offset += len as u64;
    }
    Ok(stream.flush()?)
}
