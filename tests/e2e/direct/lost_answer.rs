//! What is sent again, and what is not.

use std::time::Duration;

use upload_e2e::Running;
use upload_sandbox::{FaultAction, FaultRule};

use super::{commands, operation, world};
use crate::content::{MIB, noise};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lost_answer_only_media_is_sent_again_by_itself() {
    for action in [FaultAction::LoseAnswer, FaultAction::ResetAfterBody] {
        let world = world().await;
        for (name, line) in commands(&world) {
            let before = world.log().len();
            world.sandbox.add_fault(FaultRule::always(operation(name), action.clone()).times(1));
            let finished = world.run(&line).await;
            let sent = world.log().len() - before;
            let result = finished.result();
            if name == "media" {
                assert_eq!((finished.code, sent), (Some(0), 2), "{name}, {action:?}: {finished:?}");
                assert_eq!((&result["attempts"], &result["retries"]), (&2.into(), &1.into()));
                continue;
            }
            assert_eq!((finished.code, sent), (Some(5), 1), "{name}, {action:?}: {finished:?}");
            let error = &result["error"];
            assert!(error["message"].as_str().unwrap().contains("took the file is unknown"), "{error}");
            assert!(error["hint"].as_str().unwrap().contains("before you send it again"), "{error}");

            world.sandbox.add_fault(FaultRule::always(operation(name), action.clone()).times(1));
            let insistent = world.run(line.iter().map(String::as_str).chain(["--at-least-once"])).await;
            assert_eq!(insistent.code, Some(0), "{name}, {action:?}: {insistent:?}");
            assert_eq!(insistent.result()["attempts"], 2, "{name}, {action:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_proves_that_nothing_was_taken_is_followed_by_another_try_everywhere() {
    let world = world().await;
    for (name, line) in commands(&world) {
        world.sandbox.add_fault(FaultRule::always(operation(name), FaultAction::Status(503)).times(1));
        let finished = world.run(&line).await;
        assert_eq!(finished.code, Some(0), "{name}: {finished:?}");
        assert_eq!(finished.result()["retries"], 1, "{name}");
        assert_eq!(finished.events_named("retry").len(), 1, "{name}");
    }
    assert_eq!(world.sandbox.received_files().len(), 3, "each arrived once");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_stops_at_once_and_says_that_the_file_was_not_sent_whole() {
    let world = world().await;
    world.sandbox.add_fault(FaultRule::always(operation("excel"), FaultAction::Stall { after: 1000 }));
    // More than the system's own buffers hold.
    let file = world.file("sales.xlsx", &noise(20 * MIB));
    let line = ["--output", "json", "excel", file.to_str().unwrap(), "--eid", "e1", "--no-preflight"];
    let running = Running::start(world.upload().args(line));
    let look = async {
        while world.log().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.expect("it never arrived");
    running.interrupt();
    let finished = running.finish().await;
    assert_eq!(finished.code, Some(130), "{finished:?}");
    let result = finished.result();
    assert_eq!((&result["status"], &result["error"]["kind"]), (&"aborted".into(), &"cancelled".into()));
    assert!(
        result["error"]["message"].as_str().unwrap().contains("before the whole file was sent"),
        "{result}"
    );
    assert_eq!(world.operations(), ["excel"], "nothing is sent after it");
}
