//! The process is killed again and again, at any moment, and the same command goes on each time.

use std::{collections::BTreeMap, time::Duration};

use upload_e2e::{Running, World};
use upload_sandbox::{Operation, SandboxConfig};

use crate::content::{MIB, noise};

const KILLS: u32 = 50;
const PARTS: usize = 6;
const CONCURRENCY: usize = 2;

/// How long a process may live, in milliseconds: from before it has sent anything to when it may have finished. Spread
/// evenly, since each run begins somewhere else anyway.
fn life(kill: u32) -> Duration {
    Duration::from_millis(u64::from(20 + kill * 7919 % 701))
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_at_any_moment_lose_nothing_and_leave_nothing_behind() {
    let world = World::new(SandboxConfig::default()).await;
    let content = noise(PARTS * 5 * MIB - 1234);
    let file = world.file("big.bin", &content);
    let start = || {
        let mut command = world.upload();
        command.args(["--output", "json", "put", file.to_str().unwrap(), "--type", "raw"]);
        command.args(["--part-size", "5MiB", "--limit-rate", "30MiB/s"]);
        Running::start(command.args(["--concurrency", &CONCURRENCY.to_string()]))
    };
    let (mut kills, mut uploads) = (0_u32, 0);
    let mut killed_since_the_last_end = 0_usize;
    // Sent again at most: what was in flight when it was killed, and the line that a kill may have come before.
    let mut may_be_sent_again = 0;
    let mut check = |finished: upload_e2e::Finished, killed: usize| {
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let result = finished.result();
        let stored = world.stored(result["object_key"].as_str().unwrap());
        assert!(stored == content, "the stored bytes differ");
        may_be_sent_again += killed * CONCURRENCY;
        uploads += 1;
    };
    while kills < KILLS {
        let mut running = start();
        tokio::time::sleep(life(kills)).await;
        if running.is_running() {
            kills += 1;
            killed_since_the_last_end += 1;
            running.kill();
        }
        let finished = running.finish().await;
        // It may have got through before it was to be killed, or ended just then.
        if finished.code.is_some() {
            check(finished, std::mem::take(&mut killed_since_the_last_end));
        }
    }
    let last = start().finish().await;
    check(last, killed_since_the_last_end);

    // Killed between an initiate's answer and the journal on the disk, an upload without parts is left: the one window.
    let open = world.sandbox.open_uploads();
    assert!(open.iter().all(|upload| upload.parts == 0), "an upload with parts was forgotten: {open:?}");
    assert!(world.journals().is_empty(), "a journal was left behind");

    let mut answered: BTreeMap<(String, u32), usize> = BTreeMap::new();
    for entry in world.log() {
        if entry.operation == Operation::PutPart && entry.status == Some(200) {
            *answered.entry((entry.path.clone(), entry.part_number.unwrap())).or_default() += 1;
        }
    }
    let again: usize = answered.values().map(|times| times - 1).sum();
    assert!(again <= may_be_sent_again, "{again} parts were sent again; {may_be_sent_again} were in flight");
}
