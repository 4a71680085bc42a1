//! The sandbox as the other end of a measurement.

use std::time::Duration;

use upload_e2e::{Running, World};
use upload_sandbox::{Backend, Link, NullEtag, SandboxConfig, SandboxTls};

const MIB: u64 = 1024 * 1024;

/// Puts 21 MiB into a null storage.
async fn put(etag: NullEtag, verify: &str, config: SandboxConfig) {
    let world = World::new(SandboxConfig { backend: Backend::Null(etag), ..config }).await;
    let file = world.sparse_file("large.bin", 21 * MIB);
    let mut command = world.upload();
    command.args(["--output", "json", "put", "--type", "raw", "--part-size", "5MiB", "--verify", verify]);
    if let Some(ca) = world.sandbox.ca_cert() {
        command.arg("--ca-cert").arg(ca);
    }
    let finished = Running::start(command.arg(&file)).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let answers: Vec<_> = world.log().iter().map(|entry| entry.status).collect();
    assert_eq!(answers, [Some(200); 3], "initiate, complete, validate; the storage logs nothing");
    assert!(world.sandbox.open_uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_into_the_null_storage_and_is_valid() {
    put(NullEtag::MadeUp, "none", SandboxConfig::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_null_storage_can_answer_etags_that_hold_against_the_bytes() {
    put(NullEtag::Md5, "etag", SandboxConfig::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_over_tls_to_an_authority_that_is_given() {
    let tls = Some(SandboxTls::ThrowAway);
    put(NullEtag::MadeUp, "none", SandboxConfig { tls, ..SandboxConfig::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_whole_over_a_link_that_is_far_and_slow() {
    let link = Link {
        rate: "200mbit".parse().ok(),
        rtt: Duration::from_millis(20),
        per_connection: "100mbit".parse().ok(),
        slow_connections: "0.3:20mbit".parse().ok(),
    };
    let tls = Some(SandboxTls::ThrowAway);
    put(NullEtag::Md5, "etag", SandboxConfig { tls, link, ..SandboxConfig::default() }).await;
}
