//! Our client against a sandbox that names every documented mistake. That the sandbox does name each, its own tests
//! show with raw requests.

use upload_e2e::World;
use upload_sandbox::{HostKind, SandboxConfig};

use crate::content::{MIB, noise};

#[tokio::test(flavor = "multi_thread")]
async fn no_request_of_ours_makes_one() {
    let world = World::new(SandboxConfig::default()).await;
    let parts = world.file("parts.csv", &[b"a,b\n", &b"1,2\n".repeat(3 * MIB)[..]].concat());
    let single = world.file("single.jpg", &noise(MIB));
    let multipart = ["put", parts.to_str().unwrap(), "--type", "sales_csv", "--part-size", "5MiB"];
    assert_eq!(world.run(multipart).await.code, Some(0));
    assert_eq!(world.run(["put", single.to_str().unwrap()]).await.code, Some(0));

    let log = world.log();
    assert_eq!(
        log.iter().filter(|entry| entry.host == HostKind::Storage).count(),
        4,
        "three parts and an object"
    );
    for entry in &log {
        assert_eq!(entry.mistake, None, "{entry:?}");
        assert_eq!(entry.status.map(|status| status / 100), Some(2), "{entry:?}");
        let credentials = ["authorization", "x-preferred-partner-id"];
        if entry.host == HostKind::Storage {
            assert_eq!(entry.headers, ["accept", "content-length", "content-type", "host"], "{entry:?}");
        } else {
            assert!(credentials.iter().all(|name| entry.headers.iter().any(|h| h == name)), "{entry:?}");
        }
    }
    assert!(world.sandbox.shutdown().await.is_empty(), "nothing is left open");
}
