//! The two clients against servers on loopback: wiremock where an answer is enough, a bare socket where the wire
//! itself matters.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests' helpers fail as tests do")]

mod api;
mod api_answers;
mod direct;
mod download;
mod early_refusal;
mod file;
mod flow;
mod journal;
mod logs;
mod proxy;
#[cfg(target_os = "linux")]
mod sendfile;
mod session;
mod sign_in;
mod storage;
mod storage_trouble;
mod stragglers;
mod tls;
mod verify;
mod wire;

use std::time::Duration;

use futures::StreamExt;
use upload_core::{ByteRange, MemorySource, PartBody, Source};
use upload_http::{ApiClient, NetworkConfig, StorageClient};
use upload_proto::{AccessToken, ApiHosts, PresignedUrl};
use wiremock::MockServer;

const TOKEN: &str = "t0ken-that-must-stay-secret";
const SIGNATURE: &str = "X-Amz-Credential=AKIDEXAMPLE0123456789&X-Amz-Signature=5ecre75ecre75ecre7";

/// Short enough for a test to wait for, long enough for loopback never to take it.
const IDLE: Duration = Duration::from_millis(400);

fn network() -> NetworkConfig {
    NetworkConfig { idle_timeout: IDLE, ..NetworkConfig::default() }
}

fn api_at(base: &str) -> ApiClient {
    let hosts = ApiHosts { api: base.parse().unwrap(), cr: None };
    ApiClient::new(hosts, TOKEN.parse::<AccessToken>().unwrap(), "fd42".parse().unwrap(), &network()).unwrap()
}

fn api(server: &MockServer) -> ApiClient {
    api_at(&format!("{}/api/v3", server.uri()))
}

fn storage() -> StorageClient {
    StorageClient::new(&network()).unwrap()
}

fn signed(base: &str) -> PresignedUrl {
    format!("{base}/bucket/a.csv?{SIGNATURE}").parse().unwrap()
}

fn body(bytes: impl Into<bytes::Bytes>) -> PartBody {
    let source = MemorySource::new(bytes);
    PartBody::new(source.len(), source.open(ByteRange { offset: 0, len: source.len() }))
}

/// A body of `len` zeros in chunks of 256 KiB.
fn zeros(len: u64) -> PartBody {
    const CHUNK: u64 = 256 * 1024;
    let chunks = (0..len.div_ceil(CHUNK)).map(move |index| {
        let size = CHUNK.min(len - index * CHUNK);
        Ok(bytes::Bytes::from(vec![0; usize::try_from(size).unwrap()]))
    });
    PartBody::new(len, futures::stream::iter(chunks).boxed())
}

fn assert_no_secret(text: &str) {
    for secret in [TOKEN, "AKIDEXAMPLE", "5ecre7", "X-Amz"] {
        assert!(!text.contains(secret), "{secret} stands in: {text}");
    }
}
