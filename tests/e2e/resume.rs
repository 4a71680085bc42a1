//! The process dies in mid-upload, and the same command goes on.

use std::{path::Path, time::Duration};

use upload_e2e::{Finished, Running, World, wait_for};
use upload_sandbox::{FaultAction, FaultRule, Operation, SandboxConfig};

use crate::content::{MIB, noise};

const PARTS: usize = 8;

/// A world in which one part never gets through, until the faults are cleared.
async fn world_with_a_stuck_part(config: SandboxConfig) -> World {
    let stuck = FaultRule::always(Operation::PutPart, FaultAction::Stall { after: 1000 });
    let faults = vec![stuck.part(u64::try_from(PARTS).unwrap().try_into().unwrap())];
    World::new(SandboxConfig { faults, ..config }).await
}

fn put(world: &World, file: &Path, more: &[&str]) -> Running {
    let mut command = world.upload();
    command.args(["--output", "json", "put", file.to_str().unwrap(), "--type", "raw"]);
    Running::start(command.args(["--part-size", "5MiB", "--concurrency", "2"]).args(more))
}

/// The parts whose PUT was answered, each as often as it was.
fn stored(world: &World) -> Vec<u32> {
    let log = world.log();
    let puts = log.iter().filter(|entry| entry.operation == Operation::PutPart);
    let mut parts: Vec<u32> =
        puts.filter(|entry| entry.status == Some(200)).filter_map(|entry| entry.part_number).collect();
    parts.sort_unstable();
    parts
}

fn count(world: &World, operation: &str) -> usize {
    world.operations().iter().filter(|name| *name == operation).count()
}

fn journal_lines(world: &World) -> usize {
    let lines = |path: &std::path::PathBuf| {
        std::fs::read(path).map_or(0, |text| text.split(|b| *b == b'\n').count() - 1)
    };
    world.journals().first().map_or(0, lines)
}

/// Kills an upload when all but its last part are stored, and noted.
async fn killed_in_mid_upload(world: &World, file: &Path) {
    let mut running = put(world, file, &[]);
    // The journal's first line, and one for each part: what the storage has and the journal has not is sent again.
    wait_for(|| stored(world).len() == PARTS - 1 && journal_lines(world) == PARTS).await;
    running.kill();
    assert_eq!(running.finish().await.code, None, "a signal ended it");
    world.sandbox.clear_faults();
}

fn assert_complete(world: &World, finished: &Finished, content: &[u8]) {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let result = finished.result();
    assert_eq!(result["status"], "completed");
    assert!(world.stored(result["object_key"].as_str().unwrap()) == content, "the stored bytes differ");
    assert!(world.sandbox.open_uploads().is_empty(), "an upload was left open");
    assert!(world.journals().is_empty(), "a journal was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_goes_on_and_sends_no_stored_part_again() {
    let world = world_with_a_stuck_part(SandboxConfig::default()).await;
    let content = noise(PARTS * 5 * MIB - 77);
    let file = world.file("big.bin", &content);
    killed_in_mid_upload(&world, &file).await;
    assert_eq!(world.journals().len(), 1);
    let receipt = file.with_extension("receipt");
    let finished = put(&world, &file, &["--receipt", receipt.to_str().unwrap()]).finish().await;
    assert_complete(&world, &finished, &content);
    let receipt: serde_json::Value = serde_json::from_slice(&std::fs::read(receipt).unwrap()).unwrap();
    let of_earlier_runs = |part: &&serde_json::Value| part["attempts"].is_null();
    let parts = receipt["parts"].as_array().unwrap();
    assert_eq!((parts.len(), parts.iter().filter(of_earlier_runs).count()), (PARTS, PARTS - 1), "{receipt}");
    assert_eq!(finished.result()["resumed_parts"], PARTS - 1);
    assert_eq!(finished.events_named("resumed")[0]["stored"], PARTS - 1);
    assert_eq!(count(&world, "initiate"), 1, "no second initiate");
    assert_eq!(stored(&world), (1..=8).collect::<Vec<u32>>(), "each part once");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world_with_a_stuck_part(SandboxConfig::default()).await;
    let file = world.file("big.bin", &noise(PARTS * 5 * MIB));
    killed_in_mid_upload(&world, &file).await;
    let journal = world.journals().remove(0);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&journal), mode(journal.parent().unwrap())), (0o600, 0o700));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_only_touched_goes_on() {
    let world = world_with_a_stuck_part(SandboxConfig::default()).await;
    let content = noise(PARTS * 5 * MIB);
    let file = world.file("big.bin", &content);
    killed_in_mid_upload(&world, &file).await;
    let touched = std::fs::File::options().write(true).open(&file).unwrap();
    touched.set_modified(std::time::SystemTime::now() + Duration::from_secs(5)).unwrap();
    let finished = put(&world, &file, &[]).finish().await;
    assert_complete(&world, &finished, &content);
    assert_eq!((count(&world, "initiate"), stored(&world).len()), (1, PARTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_file_begins_anew_wherever_the_edit_is() {
    // The first byte is among the samples; the other is not, and only the parts' ETags tell.
    for place in [0, 13 * MIB + 300_000] {
        let world = world_with_a_stuck_part(SandboxConfig::default()).await;
        let mut content = noise(PARTS * 5 * MIB);
        let file = world.file("big.bin", &content);
        killed_in_mid_upload(&world, &file).await;
        content[place] ^= 1;
        std::fs::write(&file, &content).unwrap();
        let finished = put(&world, &file, &[]).finish().await;
        assert_complete(&world, &finished, &content);
        let reason = finished.events_named("restarted")[0]["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("changed"), "{reason}");
        assert_eq!((count(&world, "initiate"), count(&world, "abort")), (2, 1));
        assert_eq!(finished.result()["resumed_parts"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_that_are_over_begin_anew() {
    let url_life = Duration::from_secs(8);
    let world = world_with_a_stuck_part(SandboxConfig { url_life, ..SandboxConfig::default() }).await;
    let content = noise(PARTS * 5 * MIB);
    let file = world.file("big.bin", &content);
    killed_in_mid_upload(&world, &file).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let finished = put(&world, &file, &[]).finish().await;
    assert_complete(&world, &finished, &content);
    let restarted = finished.events_named("restarted");
    assert!(restarted[0]["reason"].as_str().unwrap().contains("URLs"), "{restarted:?}");
    assert_eq!((count(&world, "initiate"), count(&world, "abort")), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_the_platform_forgot_begins_anew_once() {
    let world = world_with_a_stuck_part(SandboxConfig::default()).await;
    let content = noise(PARTS * 5 * MIB);
    let file = world.file("big.bin", &content);
    killed_in_mid_upload(&world, &file).await;
    // Another home knows nothing of the journal; the copy of it does the aborting behind this one's back.
    let journal = world.journals().remove(0);
    let kept = std::fs::read(&journal).unwrap();
    assert_eq!(world.run(["sessions", "abort", "--all"]).await.code, Some(0));
    std::fs::write(&journal, kept).unwrap();
    assert!(world.sandbox.open_uploads().is_empty());

    let finished = put(&world, &file, &[]).finish().await;
    assert_complete(&world, &finished, &content);
    let restarted = finished.events_named("restarted");
    assert!(restarted[0]["reason"].as_str().unwrap().contains("no longer knows"), "{restarted:?}");
    assert_eq!(count(&world, "initiate"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_told_not_to_go_on_it_aborts_and_begins_anew() {
    let world = world_with_a_stuck_part(SandboxConfig::default()).await;
    let content = noise(PARTS * 5 * MIB);
    let file = world.file("big.bin", &content);
    killed_in_mid_upload(&world, &file).await;
    let finished = put(&world, &file, &["--no-resume"]).finish().await;
    assert_complete(&world, &finished, &content);
    assert_eq!((count(&world, "initiate"), count(&world, "abort")), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_do_not_upload_the_same_file_at_once() {
    let world = world_with_a_stuck_part(SandboxConfig::default()).await;
    let file = world.file("big.bin", &noise(PARTS * 5 * MIB));
    let mut first = put(&world, &file, &[]);
    wait_for(|| stored(&world).len() == PARTS - 1).await;
    let second = put(&world, &file, &[]).finish().await;
    assert_eq!(second.code, Some(6), "{second:?}");
    let error = &second.result()["error"];
    assert_eq!(error["kind"], "locked");
    let holder = format!("process id {}", first.id());
    assert!(error["message"].as_str().unwrap().contains(&holder), "{error}");
    assert_eq!(count(&world, "initiate"), 1);
    first.kill();
    first.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_still_lets_its_upload_be_aborted() {
    let world = world_with_a_stuck_part(SandboxConfig::default()).await;
    let content = noise(PARTS * 5 * MIB);
    let file = world.file("big.bin", &content);
    killed_in_mid_upload(&world, &file).await;
    let journal = world.journals().remove(0);
    let mut bytes = std::fs::read(&journal).unwrap();
    let second_line = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 20;
    bytes[second_line] ^= 1;
    std::fs::write(&journal, bytes).unwrap();
    let finished = put(&world, &file, &[]).finish().await;
    assert_complete(&world, &finished, &content);
    assert_eq!((count(&world, "initiate"), count(&world, "abort")), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn complete_whose_answer_died_with_the_process_is_found_out() {
    let stall = FaultRule::always(Operation::VALIDATE, FaultAction::Stall { after: 0 });
    let world = World::new(SandboxConfig { faults: vec![stall], ..SandboxConfig::default() }).await;
    let content = noise(6 * MIB);
    let file = world.file("big.bin", &content);
    let mut running = put(&world, &file, &[]);
    wait_for(|| count(&world, "validate") == 1).await;
    running.kill();
    running.finish().await;
    world.sandbox.clear_faults();
    let finished = put(&world, &file, &[]).finish().await;
    assert_complete(&world, &finished, &content);
    assert_eq!((count(&world, "initiate"), count(&world, "abort")), (1, 0), "{:?}", world.operations());
    assert_eq!((count(&world, "complete"), stored(&world).len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upload_is_left_open_where_that_was_asked_for() {
    let third = 3_u64.try_into().unwrap();
    let broken = FaultRule::always(Operation::PutPart, FaultAction::Status(400)).part(third);
    let world = World::new(SandboxConfig { faults: vec![broken], ..SandboxConfig::default() }).await;
    let content = noise(4 * 5 * MIB);
    let file = world.file("big.bin", &content);
    let failed = put(&world, &file, &["--keep-on-failure"]).finish().await;
    assert_eq!(failed.code, Some(3), "{failed:?}");
    let result = failed.result();
    assert!(result["error"]["hint"].as_str().unwrap().contains("upload sessions resume"), "{result}");
    assert_eq!((count(&world, "abort"), world.sandbox.open_uploads().len()), (0, 1));
    world.sandbox.clear_faults();
    let session = result["session"].as_str().unwrap();
    let resumed = world.run(["--output", "json", "sessions", "resume", session]).await;
    assert_complete(&world, &resumed, &content);
    assert_eq!(count(&world, "initiate"), 1);
}
