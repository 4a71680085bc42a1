//! `upload sessions`: what is unfinished is shown, gone on with, given up and cleared away.

use std::{path::PathBuf, time::Duration};

use serde_json::Value;
use upload_e2e::{Running, World, wait_for};
use upload_sandbox::{FaultAction, FaultRule, Operation, SandboxConfig};

use crate::content::{MIB, noise};

/// A world with so many uploads that were killed after their first part.
async fn world_with_unfinished(number: usize, config: SandboxConfig) -> (World, Vec<PathBuf>) {
    let second = 2_u64.try_into().unwrap();
    let stuck = FaultRule::always(Operation::PutPart, FaultAction::Stall { after: 1000 }).part(second);
    let world = World::new(SandboxConfig { faults: vec![stuck], ..config }).await;
    let mut files = Vec::new();
    for n in 1..=number {
        let file = world.file(&format!("{n}.bin"), &noise(10 * MIB + n));
        let mut command = world.upload();
        command.args(["put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"]);
        let mut running = Running::start(&mut command);
        let stored = || world.sandbox.open_uploads().iter().map(|upload| upload.parts).sum::<usize>();
        wait_for(|| stored() == 2 * n).await;
        // The answer is on its way; the journal is waited for, so that every run of this test sees the same.
        wait_for(|| {
            let newest = world
                .journals()
                .iter()
                .filter_map(|path| std::fs::read_to_string(path).ok())
                .map(|text| text.lines().count())
                .sum::<usize>();
            newest == 3 * n
        })
        .await;
        running.kill();
        running.finish().await;
        files.push(file);
    }
    world.sandbox.clear_faults();
    (world, files)
}

async fn listed(world: &World) -> Vec<Value> {
    let finished = world.run(["--output", "json", "sessions", "list"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.events_named("session")
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_without_asking_anybody() {
    let (world, files) = world_with_unfinished(2, SandboxConfig::default()).await;
    let before = world.log().len();
    let sessions = listed(&world).await;
    assert_eq!(sessions.len(), 2);
    for (session, file) in sessions.iter().zip(&files) {
        assert_eq!(session["file"], file.to_str().unwrap());
        assert_eq!(
            (&session["state"], &session["parts"], &session["stored_parts"]),
            (&"open".into(), &3.into(), &2.into())
        );
        assert_eq!((&session["locked"], &session["resumable"]), (&false.into(), &true.into()));
    }
    let mut stranger = world.upload();
    for name in ["FD_BASE_URL", "FD_ACCESS_TOKEN", "FD_PARTNER_ID"] {
        stranger.env_remove(name);
    }
    let table = Running::start(stranger.args(["sessions", "list"])).finish().await;
    assert_eq!((table.code, table.stdout.lines().count()), (Some(0), 3), "{table:?}");
    assert!(table.stdout.contains("2/3") && !table.stdout.contains("X-Amz"), "{table:?}");
    assert_eq!(world.log().len(), before, "somebody was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_them_can_be_gone_on_with() {
    let (world, files) = world_with_unfinished(2, SandboxConfig::default()).await;
    let finished = world.run(["--output", "json", "sessions", "resume", "--all"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for (result, file) in finished.events_named("result").iter().zip(&files) {
        assert_eq!((&result["status"], &result["resumed_parts"]), (&"completed".into(), &2.into()));
        let path = PathBuf::from(result["file"].as_str().unwrap());
        let stored = world.stored(result["object_key"].as_str().unwrap());
        assert!(files.contains(&path) && stored == std::fs::read(&path).unwrap(), "{}", file.display());
    }
    assert!(world.journals().is_empty() && world.sandbox.open_uploads().is_empty());
    assert_eq!(world.operations().iter().filter(|name| *name == "initiate").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_can_be_aborted_by_the_first_digits_of_its_id() {
    let (world, _) = world_with_unfinished(2, SandboxConfig::default()).await;
    let sessions = listed(&world).await;
    let id = sessions[0]["id"].as_str().unwrap();
    let aborted = world.run(["sessions", "abort", &id[..8]]).await;
    assert_eq!(aborted.code, Some(0), "{aborted:?}");
    let open = world.sandbox.open_uploads();
    assert_eq!(open.len(), 1);
    assert_eq!(listed(&world).await[0]["upload_id"], open[0].upload_id.as_str());
    let unknown = world.run(["sessions", "abort", "zzz"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert_eq!(world.run(["sessions", "abort"]).await.code, Some(2), "which ones?");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_aborted_stays_and_the_others_do_not() {
    let (world, _) = world_with_unfinished(2, SandboxConfig::default()).await;
    world.sandbox.add_fault(FaultRule::always(Operation::ABORT, FaultAction::Status(403)).times(1));
    let finished = world.run(["--output", "json", "sessions", "abort", "--all"]).await;
    assert_eq!(finished.code, Some(7), "{finished:?}");
    assert_eq!((world.journals().len(), world.sandbox.open_uploads().len()), (1, 1));
    assert_eq!(world.run(["sessions", "abort", "--all"]).await.code, Some(0));
    assert!(world.journals().is_empty() && world.sandbox.open_uploads().is_empty());
    assert_eq!(world.run(["sessions", "abort", "--all"]).await.code, Some(0), "there is nothing left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_of_another_platform_is_left_alone() {
    let (world, _) = world_with_unfinished(1, SandboxConfig::default()).await;
    for action in ["abort", "resume"] {
        let before = world.log().len();
        let finished = world.run(["--partner", "fd7", "sessions", action, "--all"]).await;
        assert_eq!(finished.code, Some(2), "{action}: {finished:?}");
        assert!(finished.stderr.contains(world.sandbox.partner_id()), "{finished:?}");
        assert_eq!((world.log().len(), world.journals().len()), (before, 1), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_gives_up_what_has_ended_urls_and_nothing_else() {
    let url_life = Duration::from_secs(9);
    let (world, _) = world_with_unfinished(1, SandboxConfig { url_life, ..SandboxConfig::default() }).await;
    assert_eq!(world.run(["sessions", "prune"]).await.code, Some(0));
    assert_eq!(world.journals().len(), 1, "its URLs are good still");
    tokio::time::sleep(url_life).await;
    world.sandbox.add_fault(FaultRule::always(Operation::ABORT, FaultAction::Status(403)).times(1));
    assert_eq!(world.run(["sessions", "prune"]).await.code, Some(4));
    assert_eq!(world.journals().len(), 1, "what may be open is not forgotten");
    assert_eq!(world.run(["sessions", "prune"]).await.code, Some(0));
    assert!(world.journals().is_empty() && world.sandbox.open_uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_to_the_platform_is_forgotten_by_force_only_and_not_in_silence() {
    let (world, _) = world_with_unfinished(1, SandboxConfig::default()).await;
    let upload_id = world.sandbox.open_uploads().remove(0).upload_id;
    let journal = world.journals().remove(0);
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes[0] = if bytes[0] == b'0' { b'1' } else { b'0' };
    std::fs::write(&journal, bytes).unwrap();
    world.sandbox.add_fault(FaultRule::always(Operation::ABORT, FaultAction::Status(403)).times(2));
    assert_eq!(world.run(["sessions", "prune"]).await.code, Some(4));
    assert_eq!(world.journals().len(), 1);
    let forced = world.run(["--quiet", "sessions", "prune", "--force"]).await;
    assert_eq!((forced.code, world.journals().len()), (Some(0), 0), "{forced:?}");
    assert!(forced.stderr.contains(&upload_id), "{forced:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_of_a_newer_version_is_never_touched() {
    let (world, files) = world_with_unfinished(1, SandboxConfig::default()).await;
    let journal = world.journals().remove(0);
    let newer = "{\"record\":\"opened\",\"version\":9}";
    std::fs::write(&journal, format!("82096b41 {newer}\n")).unwrap();
    let put = world.run(["put", files[0].to_str().unwrap(), "--type", "raw"]).await;
    assert_eq!(put.code, Some(6), "{put:?}");
    assert!(put.stderr.contains("version 9") && put.stderr.contains("newer"), "{put:?}");
    assert_eq!(world.run(["sessions", "prune", "--force"]).await.code, Some(0));
    assert!(std::fs::read_to_string(&journal).unwrap().contains(newer));
}
