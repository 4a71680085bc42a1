use upload_e2e::{Running, World, wait_for};
use upload_sandbox::{FaultAction, FaultRule, Operation, SandboxConfig};

use crate::content::{MIB, noise};

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_stops_the_parts_aborts_and_exits_130() {
    let stall = FaultRule::always(Operation::PutPart, FaultAction::Stall { after: 1000 });
    let world = World::new(SandboxConfig { faults: vec![stall], ..SandboxConfig::default() }).await;
    let file = world.file("big.bin", &noise(20 * MIB));
    let mut command = world.upload();
    command.args(["--output", "json", "put", file.to_str().unwrap(), "--type", "raw"]);
    command.args(["--part-size", "5MiB", "--concurrency", "3"]);
    let running = Running::start(&mut command);
    wait_for(|| world.sandbox.max_parts_in_flight() >= 3).await;
    running.interrupt();
    let finished = running.finish().await;

    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert_eq!(finished.result()["status"], "aborted");
    let operations = world.operations();
    assert_eq!(operations.first().unwrap(), "initiate");
    assert_eq!(operations.last().unwrap(), "abort", "nothing is sent after the abort: {operations:?}");
    let parts = world.log().iter().filter(|entry| entry.operation == Operation::PutPart).count();
    assert_eq!(parts, 3, "the fourth was never sent");
    assert!(world.sandbox.open_uploads().is_empty());
}
