//! Our client and a real S3, with nothing between them: `cargo xtask e2e --s3 ceph|garage` runs these.

use std::time::Duration;

use sha2::{Digest, Sha256};
use upload_core::{ByteRange, MemorySource, PartBody, Source, TransportErrorKind};
use upload_e2e::{World, store};
use upload_http::{ApiClient, NetworkConfig, StorageClient};
use upload_proto::{ApiHosts, PresignRequest, PresignedUrl};
use upload_sandbox::{Backend, S3Route, SandboxConfig};

use crate::content::{MIB, noise};

const WANTED: &str = "needs a real S3: cargo xtask e2e --s3 ceph|garage";

/// A world whose presigned URLs lead straight to the store, and live for so long.
async fn world(url_life: Duration) -> World {
    let backend = Backend::S3(store(S3Route::Direct).expect(WANTED));
    World::new(SandboxConfig { backend, url_life, ..SandboxConfig::default() }).await
}

/// What boto3 finds under a key: length, SHA-256 and ETag.
async fn read_back(key: &str) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../xtask/stores/read_back.py");
    let python = std::env::var_os("UPLOAD_E2E_PYTHON").expect(WANTED);
    let output = tokio::process::Command::new(python).args([script, key]).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real S3: cargo xtask e2e --s3 ceph|garage"]
async fn what_we_store_is_what_a_second_client_reads() {
    let world = world(Duration::from_secs(600)).await;
    let content = noise(23 * MIB + 5);
    let file = world.file("big.bin", &content);
    let put = ["--output", "json", "put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"];
    let multipart = world.run(put.iter().copied().chain(["--verify", "etag"])).await;
    let single = world.run(["--output", "json", "put", file.to_str().unwrap(), "--pattern", "single"]).await;
    for (finished, parts) in [(multipart, 5), (single, 1)] {
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let result = finished.result();
        assert!(result.get("parts").is_none_or(|said| *said == parts), "{result}");
        let found = read_back(result["object_key"].as_str().unwrap()).await;
        let digest = format!("{:x}", HexDigest(Sha256::digest(&content).as_slice()));
        assert_eq!(found[..2], [content.len().to_string(), digest], "{result}");
        assert_eq!(result["etag"], found[2], "{result}");
        assert_eq!(finished.events_named("warning"), [] as [serde_json::Value; 0]);
    }
    assert!(world.sandbox.open_uploads().is_empty());
}

struct HexDigest<'a>(&'a [u8]);

impl std::fmt::LowerHex for HexDigest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

async fn presigned(world: &World) -> PresignedUrl {
    let hosts = ApiHosts {
        api: world.sandbox.api_url().parse().unwrap(),
        cr: Some(world.sandbox.cr_url().parse().unwrap()),
    };
    let partner = world.sandbox.partner_id().parse().unwrap();
    let api =
        ApiClient::new(hosts, world.sandbox.token().clone(), partner, &NetworkConfig::default()).unwrap();
    let request = PresignRequest { filename: "a.bin".into() };
    api.presign(1, None, &request).await.unwrap().url
}

async fn put(
    url: &PresignedUrl,
    source: &MemorySource,
) -> Result<upload_core::Stored, upload_core::TransportError> {
    let storage = StorageClient::new(&NetworkConfig::default()).unwrap();
    let range = ByteRange { offset: 0, len: source.len() };
    storage.put(1, url, PartBody::new(source.len(), source.open(range))).await
}

/// The store answers before it has read the body, and may close the connection while it is still being sent.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real S3: cargo xtask e2e --s3 ceph|garage"]
async fn an_expired_url_is_called_expired_twenty_times_in_a_row() {
    let world = world(Duration::from_secs(1)).await;
    let url = presigned(&world).await;
    let small = MemorySource::new(noise(10));
    // The clocks of two processes: no virtual time can help.
    while put(&url, &small).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let large = MemorySource::new(noise(16 * MIB));
    for round in 0..20 {
        let error = put(&url, &large).await.unwrap_err();
        assert_eq!(error.kind, TransportErrorKind::Expired, "round {round}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real S3: cargo xtask e2e --s3 ceph|garage"]
async fn a_url_that_was_tampered_with_is_denied_and_the_stores_code_is_told() {
    let world = world(Duration::from_secs(600)).await;
    let url: PresignedUrl = presigned(&world).await.expose().replace("/a.bin?", "/b.bin?").parse().unwrap();
    let error = put(&url, &MemorySource::new(noise(MIB))).await.unwrap_err();
    assert_eq!((error.kind, error.status), (TransportErrorKind::StorageDenied, Some(403)), "{error}");
    let code = error.code.as_deref();
    assert!(matches!(code, Some("SignatureDoesNotMatch" | "AccessDenied")), "{error}");
}
