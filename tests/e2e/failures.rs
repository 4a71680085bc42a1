use upload_e2e::World;
use upload_sandbox::{FaultAction, FaultRule, Operation, SandboxConfig};

use crate::content::{MIB, noise};

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_keeps_failing_is_tried_five_times_with_growing_waits_then_aborted() {
    let second = 2_u64.try_into().unwrap();
    let fault = FaultRule::always(Operation::PutPart, FaultAction::Status(500)).part(second);
    let world = World::new(SandboxConfig { faults: vec![fault], ..SandboxConfig::default() }).await;
    let file = world.file("big.bin", &noise(12 * MIB));
    let args = ["--output", "json", "put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"];
    let finished = world.run(args).await;

    assert_eq!(finished.code, Some(5), "{finished:?}");
    let tries = |part| world.log().iter().filter(|entry| entry.part_number == Some(part)).count();
    assert_eq!((tries(1), tries(2), tries(3)), (1, 5, 1), "only the faulty part is sent again");
    let waits: Vec<f64> =
        finished.events_named("retry").iter().map(|event| event["wait_seconds"].as_f64().unwrap()).collect();
    assert_eq!(waits.len(), 4);
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "the waits grow: {waits:?}");
    assert!(waits.iter().any(|wait| (wait * 2.0).fract() != 0.0), "the waits are jittered: {waits:?}");
    let error = &finished.result()["error"];
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("part 2 of 3") && message.contains("5 attempts") && message.contains("500"),
        "{message}"
    );
    assert!(!error["hint"].as_str().unwrap().is_empty(), "a remedy is named");
    assert_eq!(world.operations().last().unwrap(), "abort");
    assert!(world.sandbox.open_uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_passes_costs_one_retry_of_one_part() {
    for action in [FaultAction::Status(500), FaultAction::Reset { after: 70_000 }, FaultAction::LoseAnswer] {
        let first = 1_u64.try_into().unwrap();
        let fault = FaultRule::always(Operation::PutPart, action.clone()).part(first).times(1);
        let world = World::new(SandboxConfig { faults: vec![fault], ..SandboxConfig::default() }).await;
        let content = noise(6 * MIB);
        let file = world.file("a.bin", &content);
        let args =
            ["--output", "json", "put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"];
        let finished = world.run(args).await;
        assert_eq!(finished.code, Some(0), "{action:?}: {finished:?}");
        let result = finished.result();
        assert_eq!(result["retries"], 1, "{action:?}");
        assert!(world.stored(result["object_key"].as_str().unwrap()) == content, "{action:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_the_platform_refuses_is_exit_3_with_its_reasons() {
    let world = World::new(SandboxConfig::default()).await;
    let file = world.file("ragged.csv", b"a,b\n1,2\n3\n");
    let args = ["--output", "json", "put", file.to_str().unwrap(), "--type", "sales_csv", "--no-preflight"];
    let finished = world.run(args).await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    let result = finished.result();
    assert_eq!((&result["status"], &result["validation"]["valid"]), (&"failed".into(), &false.into()));
    assert_eq!(result["validation"]["errors"][0]["code"], "ROW_WIDTH");
}
