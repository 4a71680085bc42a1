//! Many files under the platform's budgets, with the minute scaled down to two seconds.

use std::time::Duration;

use upload_e2e::{Running, World};
use upload_sandbox::{Budgets, SandboxConfig};

/// The most uploads that may ever be open at once: were completes to wait behind initiates, they would pile up.
const OPEN_AT_ONCE: i32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_small_files_keep_to_the_budget_and_no_complete_starves() {
    let budgets = Budgets { writes: 120, window: Duration::from_secs(2), ..Budgets::default() };
    let world = World::new(SandboxConfig { budgets: Some(budgets), ..SandboxConfig::default() }).await;
    let files: Vec<_> = (0..300).map(|n| world.file(&format!("{n}.csv"), b"a,b\n1,2\n")).collect();
    let mut command = world.upload();
    command.args(["--output", "json", "put", "--type", "t", "--no-validate", "--api-budget", "120/2s"]);
    let finished = Running::start(command.args(&files)).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let summary = finished.events().pop().unwrap();
    assert_eq!((&summary["completed"], &summary["failed"]), (&300.into(), &0.into()));

    let log = world.log();
    let refused = log.iter().filter(|entry| entry.status == Some(429)).count();
    assert!(refused < 5, "{refused} requests were refused: that is no pace");
    let mut open = 0;
    for entry in log.iter().filter(|entry| entry.status.is_some_and(|status| status < 300)) {
        match entry.operation.name() {
            "initiate" => open += 1,
            "complete" => open -= 1,
            _ => {}
        }
        assert!(open <= OPEN_AT_ONCE, "completes wait while initiates go on: {:?}", world.operations());
    }
    assert!(world.sandbox.open_uploads().is_empty());
}
