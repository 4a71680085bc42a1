//! Both ports behind TLS.

use upload_sandbox::{Backend, NullEtag, Sandbox, SandboxConfig, SandboxError, SandboxTls};

use crate::client::{Client, MIB, bytes};

/// A sandbox behind TLS, and a client that trusts its authority.
async fn secure(backend: Backend) -> Client {
    let config = SandboxConfig { backend, tls: Some(SandboxTls::ThrowAway), ..SandboxConfig::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    let ca = std::fs::read(sandbox.ca_cert().unwrap()).unwrap();
    let ca = reqwest::Certificate::from_pem(&ca).unwrap();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    Client { sandbox, http }
}

#[tokio::test]
async fn a_whole_upload_goes_over_tls_into_either_storage() {
    for backend in [Backend::BuiltIn, Backend::Null(NullEtag::MadeUp)] {
        let client = secure(backend).await;
        assert!(client.sandbox.api_url().starts_with("https://127.0.0.1:"));
        let upload = client.initiate(6 * MIB, 5 * MIB).await;
        assert!(
            upload.urls[0].starts_with(client.sandbox.storage_url())
                && upload.urls[0].starts_with("https://")
        );
        let content = bytes(6 * MIB);
        let one = client.part(&upload.urls[0], content[..5 * MIB].to_vec()).await;
        let two = client.part(&upload.urls[1], content[5 * MIB..].to_vec()).await;
        let (status, answer) = client.complete(&upload, &[(1, &one), (2, &two)]).await;
        assert_eq!(status, 200, "{answer}");
        let location = answer["location"].as_str().unwrap();
        assert!(location.starts_with(client.sandbox.storage_url()), "{location}");
        assert_eq!(client.validate(&upload.key).await.0, 200);
        let ca = client.sandbox.ca_cert().unwrap().to_owned();
        assert!(client.sandbox.shutdown().await.is_empty());
        assert!(!ca.exists(), "an authority outlives the sandbox it was made for");
    }
}

#[tokio::test]
async fn a_client_that_does_not_know_the_authority_gets_nowhere_and_harms_nobody() {
    let client = secure(Backend::Null(NullEtag::MadeUp)).await;
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    for url in [client.sandbox.api_url(), client.sandbox.storage_url()] {
        assert!(stranger.get(url).send().await.is_err());
        assert!(stranger.get(url.replace("https", "http")).send().await.is_err());
    }
    client.store(b"x").await;
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_read_and_what_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (cert, key) =
        (file("cert.pem", &made.cert.pem()), file("key.pem", &made.signing_key.serialize_pem()));
    let start = |cert: &std::path::Path, key: &std::path::Path| {
        let tls = Some(SandboxTls::Files { cert: cert.to_owned(), key: key.to_owned() });
        Sandbox::start(SandboxConfig { tls, ..SandboxConfig::default() })
    };
    let sandbox = start(&cert, &key).await.unwrap();
    assert!(sandbox.ca_cert().is_none() && sandbox.api_url().starts_with("https://"));
    let ca = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    let client = Client { sandbox, http };
    client.store(b"x").await;
    client.stop().await;

    let other = rcgen::KeyPair::generate().unwrap();
    let other = file("other.pem", &other.serialize_pem());
    let empty = file("empty.pem", "");
    for (cert, key, named) in [
        (&cert, &other, "cert.pem"),
        (&empty, &key, "empty.pem"),
        (&cert, &cert, "cert.pem"),
        (&folder.path().join("missing.pem"), &key, "missing.pem"),
    ] {
        let error = start(cert, key).await.unwrap_err();
        assert!(matches!(&error, SandboxError::Certificate { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}
