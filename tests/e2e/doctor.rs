use std::collections::HashMap;

use serde_json::Value;
use upload_e2e::{Finished, Running, World};
use upload_sandbox::{FaultAction, FaultRule, Operation, SandboxConfig};

const CHECKS: [&str; 9] =
    ["settings", "dns", "connection", "status", "clock", "token", "partner", "state", "sessions"];

async fn world() -> World {
    World::new(SandboxConfig::default()).await
}

async fn doctor(world: &World) -> Finished {
    world.run_stranger(["--output", "json", "doctor"]).await
}

/// The checks by name.
fn checks(finished: &Finished) -> HashMap<String, Value> {
    let checks = finished.events_named("check");
    checks.into_iter().map(|check| (check["check"].as_str().unwrap().to_owned(), check)).collect()
}

/// Asserts that this check failed, with a remedy, and every other one did not.
#[track_caller]
fn assert_only_failure(finished: &Finished, failed: &str, code: i32, remedy: &str) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    for (name, check) in checks(finished) {
        assert_eq!(check["status"] == "failed", name == failed, "{check}");
    }
    let hint = checks(finished)[failed]["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains(remedy), "{hint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_in_good_order_passes_every_check() {
    let world = world().await;
    world.sign_in().await;
    let finished = doctor(&world).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let names: Vec<String> = finished
        .events_named("check")
        .iter()
        .map(|check| check["check"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, CHECKS);
    assert!(checks(&finished).values().all(|check| check["status"] == "passed"), "{finished:?}");
    let total = finished.events().pop().unwrap();
    assert_eq!((&total["event"], &total["failed"]), (&"doctor".into(), &0.into()));

    let people = world.run_stranger(["doctor"]).await;
    assert_eq!(
        people.stdout.lines().count(),
        CHECKS.len() + 1,
        "a line a check, and one for all: {people:?}"
    );
    for name in CHECKS {
        assert!(
            people.stdout.lines().any(|line| line.starts_with("ok") && line.contains(name)),
            "{people:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_found() {
    for (clock_skew, which) in [(600, "behind"), (-600, "ahead")] {
        let world = World::new(SandboxConfig { clock_skew, ..SandboxConfig::default() }).await;
        world.sign_in().await;
        let finished = doctor(&world).await;
        assert_only_failure(&finished, "clock", 2, "NTP");
        let message = checks(&finished)["clock"]["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(which), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_token_and_a_dead_session_are_found() {
    let world = world().await;
    assert_only_failure(&doctor(&world).await, "token", 2, "upload login");
    world.sign_in().await;
    world.sandbox.revoke_sessions();
    assert_only_failure(&doctor(&world).await, "partner", 4, "upload login");
    assert_only_failure(&doctor(&world).await, "token", 4, "upload login");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_is_not_ours_is_found() {
    let world = world().await;
    world.sign_in().await;
    let finished = world.run_stranger(["--output", "json", "--partner", "fd999", "doctor"]).await;
    assert_only_failure(&finished, "partner", 4, "partner");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_down_is_told_from_one_that_is_not_there() {
    let world = world().await;
    world.sign_in().await;
    let status: Operation = "status".parse().unwrap();
    world.sandbox.add_fault(FaultRule::always(status, FaultAction::Status(503)));
    assert_only_failure(&doctor(&world).await, "status", 5, "later");

    let mut command = world.upload();
    command.env("FD_BASE_URL", "http://127.0.0.1:1/api").args(["--output", "json", "doctor"]);
    let finished = Running::start(&mut command).finish().await;
    assert_only_failure(&finished, "connection", 5, "network");
    assert_eq!(checks(&finished)["partner"]["status"], "skipped");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_settings_are_found_first() {
    let world = world().await;
    let mut command = world.stranger();
    command.env_remove("FD_BASE_URL").args(["--output", "json", "doctor"]);
    let finished = Running::start(&mut command).finish().await;
    assert_only_failure(&finished, "settings", 2, "FD_BASE_URL");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn state_that_others_can_read_is_found() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world().await;
    world.sign_in().await;
    let file = world.session_file();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_only_failure(&doctor(&world).await, "state", 6, "chmod");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_passes() {
    let finished = world().await.run_stranger(["--sandbox", "--output", "json", "doctor"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(checks(&finished).values().all(|check| check["status"] == "passed"), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_left_open_is_found() {
    let world = world().await;
    world.sign_in().await;
    world.sandbox.add_fault("part=status:403".parse().unwrap());
    let file = world.file("left.csv", b"a,b\n1,2\n");
    let put = ["put", file.to_str().unwrap(), "--type", "t", "--keep-on-failure"];
    assert_eq!(world.run(put).await.code, Some(4));
    assert_only_failure(&doctor(&world).await, "sessions", 1, "upload sessions");
}
