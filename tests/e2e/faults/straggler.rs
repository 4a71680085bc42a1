use upload_e2e::World;
use upload_sandbox::SandboxConfig;

use crate::content::{MIB, noise};

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_slow_among_fast_ones_is_sent_again_on_another_connection() {
    let faults = vec!["part:8#1=slow:64KiB/s".parse().unwrap()];
    let world = World::new(SandboxConfig { faults, ..SandboxConfig::default() }).await;
    let content = noise(40 * MIB);
    let file = world.file("a.bin", &content);
    let put = ["--output", "json", "put", "--type", "raw", "--part-size", "5MiB", "--concurrency", "2"];
    let finished = world.run(put.iter().copied().chain([file.to_str().unwrap()])).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(world.stored(finished.result()["object_key"].as_str().unwrap()) == content);
    let retries = finished.events_named("retry");
    assert_eq!((retries.len(), &retries[0]["part_number"]), (1, &serde_json::json!(8)), "{retries:?}");
    assert!(retries[0]["reason"].as_str().unwrap().contains("slower than its peers"), "{retries:?}");
    let log = world.log();
    let puts = |part| log.iter().filter(|entry| entry.part_number == Some(part)).count();
    assert_eq!((1..=8).map(puts).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 1, 2]);
}
