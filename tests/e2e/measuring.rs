//! The sandbox as the other end of a measurement.

use upload_e2e::{Running, World};
use upload_sandbox::{Backend, NullEtag, SandboxConfig};

const MIB: u64 = 1024 * 1024;

async fn put(etag: NullEtag, verify: &str) -> World {
    let config = SandboxConfig { backend: Backend::Null(etag), ..SandboxConfig::default() };
    let world = World::new(config).await;
    let file = world.sparse_file("large.bin", 21 * MIB);
    let mut command = world.upload();
    command.args(["--output", "json", "put", "--type", "raw", "--part-size", "5MiB", "--verify", verify]);
    let finished = Running::start(command.arg(&file)).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let answers: Vec<_> = world.sandbox.log().iter().map(|entry| entry.status).collect();
    assert_eq!(answers, [Some(200); 3], "initiate, complete, validate; the storage logs nothing");
    assert!(world.sandbox.open_uploads().is_empty());
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_into_the_null_storage_and_is_valid() {
    put(NullEtag::MadeUp, "none").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_null_storage_can_answer_etags_that_hold_against_the_bytes() {
    put(NullEtag::Md5, "etag").await;
}
