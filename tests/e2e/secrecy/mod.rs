//! What was entrusted to the command, and what others may put into its mouth.

mod echo;
mod names;
#[cfg(unix)]
mod planted;

use upload_e2e::World;
use upload_sandbox::{FaultAction, FaultRule, Operation, SandboxConfig};

use crate::content::{MIB, noise};

#[tokio::test(flavor = "multi_thread")]
async fn the_loudest_output_shows_every_request_and_no_secret() {
    let fault = FaultRule::always(Operation::PutPart, FaultAction::Status(500)).times(1);
    let world = World::new(SandboxConfig { faults: vec![fault], ..SandboxConfig::default() }).await;
    let file = world.file("a.bin", &noise(6 * MIB));
    let finished =
        world.run(["-vv", "put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let output = finished.all_output();
    for secret in [world.sandbox.access_token(), "X-Amz-", "Signature=", "Bearer"] {
        assert!(!output.contains(secret), "{secret} was printed:\n{output}");
    }
    for entry in world.log() {
        let line = finished.stderr.lines().find(|line| {
            line.contains(&entry.method)
                && line.contains(&entry.path)
                && entry.status.is_none_or(|status| line.contains(&status.to_string()))
        });
        let line = line.unwrap_or_else(|| panic!("{} {} is not shown:\n{output}", entry.method, entry.path));
        assert!(line.contains("127.0.0.1:") && line.contains("attempt") && line.contains("ms"), "{line}");
    }
}
