//! Sessions that outlive their tokens, and those that do not.

use std::{fs, time::Duration};

use serde_json::Value;
use upload_e2e::{Running, World};
use upload_sandbox::{Account, SandboxConfig};

use crate::content::{MIB, noise};

const CSV: &[u8] = b"a,b\n1,2\n";

async fn world_with_token_life(seconds: u64) -> World {
    let account = Account { token_life: Duration::from_secs(seconds), ..Account::default() };
    World::new(SandboxConfig { account, ..SandboxConfig::default() }).await
}

/// Has the kept session believe that its token has ended.
fn age_the_session(world: &World) {
    let path = world.session_file();
    let mut kept: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    kept["obtained_at_ms"] = 1_000_000_000_000_u64.into();
    fs::write(&path, kept.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_outlasts_three_lives_of_its_token() {
    let world = world_with_token_life(1).await;
    world.sign_in().await;
    let content = noise(16 * MIB);
    let file = world.file("long.bin", &content);
    let mut args = vec!["--output", "json", "put", file.to_str().unwrap(), "--type", "raw"];
    args.extend(["--part-size", "5MiB", "--limit-rate", "4MiB/s"]);
    let finished = world.run_stranger(args).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let result = finished.result();
    assert!(result["seconds"].as_f64().unwrap() > 3.0, "it was not slow enough to show anything: {result}");
    assert!(world.stored(result["object_key"].as_str().unwrap()) == content);
    assert_eq!(result["retries"], 0, "an old token costs no attempt: {result}");
    assert!(world.count("refresh_token") >= 1 && world.count("sign_in") == 1, "{:?}", world.operations());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_short_lived_tokens_serve_one_batch() {
    let world = world_with_token_life(1).await;
    world.sign_in().await;
    let files: Vec<_> = (0..6).map(|n| world.file(&format!("{n}.bin"), &noise(2 * MIB))).collect();
    let mut command = world.stranger();
    command.args([
        "--output",
        "json",
        "put",
        "--type",
        "raw",
        "--limit-rate",
        "3MiB/s",
        "--concurrency",
        "1",
    ]);
    let finished = Running::start(command.args(&files)).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let refused = world.log().iter().filter(|entry| entry.status == Some(401)).count();
    assert_eq!(refused, 0, "tokens are renewed before they end: {:?}", world.operations());
    assert!(world.count("refresh_token") >= 2, "{:?}", world.operations());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_at_once_renew_a_token_once() {
    let world = world_with_token_life(3600).await;
    world.sign_in().await;
    age_the_session(&world);
    world.sandbox.expire_access_tokens();
    // Each its own file: two uploads of the same one keep each other out.
    let put = async |name| {
        let file = world.file(name, CSV);
        world.run_stranger(["put", file.to_str().unwrap(), "--type", "t"]).await
    };
    let (one, other) = tokio::join!(put("a.csv"), put("b.csv"));
    for finished in [one, other] {
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
    assert_eq!(world.count("refresh_token"), 1, "{:?}", world.operations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_platform_ended_early_is_renewed_and_the_call_sent_again() {
    let world = world_with_token_life(3600).await;
    world.sign_in().await;
    world.sandbox.expire_access_tokens();
    let file = world.file("a.csv", CSV);
    let finished =
        world.run_stranger(["--output", "json", "put", file.to_str().unwrap(), "--type", "t"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.result()["retries"], 0);
    let begun = world.operations()[..4].to_vec();
    assert_eq!(begun, ["sign_in", "initiate", "refresh_token", "initiate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_renewal_ends_with_4_and_without_a_loop() {
    let world = world_with_token_life(3600).await;
    world.sign_in().await;
    world.sandbox.revoke_sessions();
    let files: Vec<_> = (0..8).map(|n| world.file(&format!("{n}.csv"), CSV)).collect();
    let put = || {
        let mut command = world.stranger();
        Running::start(command.args(["--output", "json", "put", "--type", "t"]).args(&files)).finish()
    };
    let finished = put().await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert_eq!(world.count("refresh_token"), 1, "{:?}", world.operations());
    assert!(world.count("initiate") <= 8, "no call is sent twice: {:?}", world.operations());
    let failed = finished.events_named("result");
    let error = failed.iter().find(|result| result["status"] == "failed").unwrap()["error"].clone();
    assert_eq!(error["kind"], "unauthorized");
    assert!(error["message"].as_str().unwrap().contains("session is over"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("upload login"), "{error}");

    let seen = world.log().len();
    let again = put().await;
    assert_eq!(again.code, Some(4), "{again:?}");
    assert!(again.stdout.contains("upload login"), "{again:?}");
    assert_eq!(world.log().len(), seen, "a session that is over asks the platform nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_from_the_environment_are_renewed_in_the_process() {
    let world = world_with_token_life(3600).await;
    world.sign_in().await;
    let kept: Value = serde_json::from_slice(&fs::read(world.session_file()).unwrap()).unwrap();
    fs::remove_file(world.session_file()).unwrap();
    world.sandbox.expire_access_tokens();
    let file = world.file("a.csv", CSV);
    let mut command = world.upload();
    command
        .env("FD_ACCESS_TOKEN", kept["access_token"].as_str().unwrap())
        .env("FD_REFRESH_TOKEN", kept["refresh_token"].as_str().unwrap())
        .args(["put", file.to_str().unwrap(), "--type", "t"]);
    let finished = Running::start(&mut command).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(world.count("refresh_token"), 1);
    assert!(!world.session_file().exists(), "they are nobody's to keep");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_an_upload_under_way_at_its_next_renewal() {
    let world = world_with_token_life(1).await;
    world.sign_in().await;
    let file = world.file("long.bin", &noise(10 * MIB));
    let mut command = world.stranger();
    command.args(["--output", "json", "put", file.to_str().unwrap(), "--type", "raw"]);
    let running = Running::start(command.args(["--part-size", "5MiB", "--limit-rate", "4MiB/s"]));
    while world.count("part") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.run_stranger(["logout"]).await.code, Some(0));
    let finished = running.finish().await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let message = finished.result()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("signed out"), "{message}");
    assert!(!world.session_file().exists(), "it is not brought back");
}
