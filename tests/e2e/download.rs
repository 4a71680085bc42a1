use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use upload_e2e::{Running, World, wait_for};
use upload_sandbox::{FaultAction, FaultRule, LogEntry, Operation, SandboxConfig, SandboxPackage};

use crate::content::{MIB, noise};

const LIST: Operation = Operation::Api(upload_proto::Endpoint::PackageCustomers);

/// A world with the package `p`, whose list is this, and the place where the list is to go.
async fn world(list: &[u8], faults: Vec<FaultRule>) -> (World, PathBuf) {
    let world = World::new(SandboxConfig { faults, ..SandboxConfig::default() }).await;
    world.sandbox.put_package("p", SandboxPackage::done(list.to_vec()));
    let target = world.file("other", b"").with_file_name("list.csv");
    (world, target)
}

fn args(target: &Path) -> [&str; 6] {
    ["--output", "json", "download", "p", "-o", target.to_str().unwrap()]
}

/// The requests for the list.
fn lists(world: &World) -> Vec<LogEntry> {
    world.log().into_iter().filter(|entry| entry.operation == LIST).collect()
}

fn asks_for_the_rest(entry: &LogEntry) -> bool {
    ["range", "if-range"].iter().all(|name| entry.headers.iter().any(|header| header == name))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_cut_three_times_ends_byte_identical() {
    let list = noise(2 * MIB);
    let cut = FaultRule::always(LIST, FaultAction::Cut { after: 400_000 }).times(3);
    let (world, target) = world(&list, vec![cut]).await;
    let finished = world.run(args(&target)).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(fs::read(&target).unwrap() == list);
    let requests = lists(&world);
    assert_eq!(requests.len(), 4, "{requests:?}");
    assert!(!asks_for_the_rest(&requests[0]) && requests[1..].iter().all(asks_for_the_rest));
    assert_eq!(requests[3].status, Some(206));
    assert_eq!(finished.result()["attempts"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_download_goes_on_and_a_changed_list_starts_over() {
    for changed in [false, true] {
        let list = noise(2 * MIB);
        let cut = FaultRule::always(LIST, FaultAction::Cut { after: 400_000 }).times(1);
        let busy = FaultRule::always(LIST, FaultAction::StatusRetryAfter(503, Duration::from_secs(90)));
        let (world, target) = world(&list, vec![cut, busy]).await;
        let mut running = Running::start(world.upload().args(args(&target)));
        // The first answer was cut, the second asks for patience.
        wait_for(|| lists(&world).len() >= 2).await;
        running.kill();
        running.finish().await;
        assert!(!target.exists());
        world.sandbox.clear_faults();
        let list = if changed { noise(MIB) } else { list };
        if changed {
            world.sandbox.put_package("p", SandboxPackage::done(list.clone()));
        }
        let finished = world.run(args(&target)).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(fs::read(&target).unwrap() == list);
        let requests = lists(&world);
        let last = requests.last().unwrap();
        assert!(asks_for_the_rest(last) && requests.len() == 3, "{requests:?}");
        assert_eq!(last.status, Some(if changed { 200 } else { 206 }));
        assert_eq!(finished.result()["resumed_bytes"].as_u64().unwrap() > 0, !changed);
        let told = finished.events_named("warning");
        assert_eq!(
            told.iter().any(|event| event["message"].as_str().unwrap().contains("has changed")),
            changed
        );
        let folder = fs::read_dir(target.parent().unwrap()).unwrap();
        let left = folder
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("upload-part"));
        assert_eq!(left.count(), 0, "nothing is left behind");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_package_needs_no_settings() {
    let world = World::new(SandboxConfig::default()).await;
    let mut command = world.upload();
    for name in ["FD_BASE_URL", "FD_CR_URL", "FD_ACCESS_TOKEN", "FD_PARTNER_ID"] {
        command.env_remove(name);
    }
    let finished = Running::start(command.args(["--sandbox", "download", "demo", "-o", "-"])).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.starts_with("customer_id,") && finished.stdout.lines().count() == 5001);
    assert!(finished.stderr.contains("INITIALIZING"), "{}", finished.stderr);
}
