//! The storage behind TLS, with a CA that only the settings name.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{TlsAcceptor, rustls};
use upload_core::TransportErrorKind as Kind;
use upload_http::{NetworkConfig, StorageClient};

use crate::{body, network, signed, storage, zeros};

struct Secure {
    base: String,
    ca: Vec<u8>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A server that reads a body and answers with its length as ETag, over and over; for `name`, signed by a CA of its own.
async fn serve(name: &str) -> Secure {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust this server ends here.
                let Ok(mut tls) = acceptor.accept(tcp).await else { return };
                let mut seen = Vec::new();
                while tls.read_buf(&mut seen).await.is_ok_and(|read| read > 0) {
                    let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") else {
                        continue;
                    };
                    let head = String::from_utf8_lossy(&seen[..end]).into_owned();
                    let len: usize = head
                        .split("content-length: ")
                        .nth(1)
                        .unwrap()
                        .lines()
                        .next()
                        .unwrap()
                        .parse()
                        .unwrap();
                    if seen.len() == end + 4 + len {
                        let answer =
                            format!("HTTP/1.1 200 OK\r\netag: \"{len}\"\r\ncontent-length: 0\r\n\r\n");
                        tls.write_all(answer.as_bytes()).await.unwrap();
                        seen.clear();
                    }
                }
            });
        }
    });
    Secure { base: format!("https://{name}:{port}"), ca: made.cert.pem().into_bytes(), task }
}

fn trusting(ca: &[u8]) -> StorageClient {
    StorageClient::new(&NetworkConfig { ca_certs: vec![ca.to_vec()], ..network() }).unwrap()
}

#[tokio::test]
async fn a_ca_of_the_settings_is_trusted_and_bytes_arrive() {
    for name in ["localhost", "127.0.0.1"] {
        let server = serve(name).await;
        let client = trusting(&server.ca);
        for len in [1, 3_000_001] {
            let etag = client.put(1, &signed(&server.base), zeros(len)).await.unwrap();
            assert_eq!(etag.etag.as_str(), len.to_string());
        }
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_or_by_another_name_is_refused() {
    let (server, other) = (serve("localhost").await, serve("elsewhere.example").await);
    let by_another_name = other.base.replace("elsewhere.example", "localhost");
    for (client, base) in [
        (storage(), &server.base),
        (trusting(&other.ca), &server.base),
        (trusting(&other.ca), &by_another_name),
    ] {
        let error = client.put(1, &signed(base), body("abc")).await.unwrap_err();
        assert_eq!(error.kind, Kind::Tls, "{error}");
        assert!(error.message.contains("certificate"), "{error}");
    }
}
