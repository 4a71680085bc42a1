//! A server whose answers differ from what was asked for.

use serde_json::Value;
use upload_e2e::World;
use upload_sandbox::{AnswerShape, AnsweredPartSize, Dialect, SandboxConfig};

use crate::content::{MIB, noise};

const FIVE: u64 = 5 * 1024 * 1024;

async fn upload_under(answer: AnswerShape) -> Value {
    let world = World::new(SandboxConfig { answer, ..SandboxConfig::default() }).await;
    let content = noise(23 * MIB);
    let file = world.file("a.bin", &content);
    let args = ["--output", "json", "put", file.to_str().unwrap(), "--type", "raw", "--part-size", "6MiB"];
    let finished = world.run(args).await;
    assert_eq!(finished.code, Some(0), "{answer:?}: {finished:?}");
    let result = finished.result();
    let stored = world.stored(result["object_key"].as_str().unwrap());
    assert!(stored == content, "{answer:?}: the stored bytes differ");
    result
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dialect_is_understood() {
    for dialect in [Dialect::Canonical, Dialect::CamelCase, Dialect::BareUrls, Dialect::PresignedUrls] {
        assert_eq!(upload_under(AnswerShape { dialect, ..AnswerShape::default() }).await["parts"], 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_part_size_decides() {
    let part_size = AnsweredPartSize::Fixed(FIVE);
    assert_eq!(upload_under(AnswerShape { part_size, ..AnswerShape::default() }).await["parts"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_urls_than_asked_for_are_left_unused_and_fewer_mean_larger_parts() {
    for (urls, parts) in [(40, 4), (2, 2), (1, 1)] {
        let part_size = AnsweredPartSize::Omitted;
        let answer = AnswerShape { part_size, url_count: Some(urls), ..AnswerShape::default() };
        assert_eq!(upload_under(answer).await["parts"], parts, "{urls} URLs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_plan_fits_the_upload_is_aborted_and_the_reason_given() {
    let answer = AnswerShape { url_count: Some(1), ..AnswerShape::default() };
    let world = World::new(SandboxConfig { answer, ..SandboxConfig::default() }).await;
    let file = world.sparse_file("huge.bin", 6 * 1024 * 1024 * 1024);
    let finished = world.run(["--output", "json", "put", file.to_str().unwrap(), "--type", "raw"]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let result = finished.result();
    assert_eq!(result["status"], "failed");
    let message = result["error"]["message"].as_str().unwrap();
    assert!(message.contains("handed out 1 presigned URL") && message.contains("5368709120"), "{message}");
    assert_eq!(world.operations(), ["initiate", "abort"]);
    assert!(world.sandbox.open_uploads().is_empty());
}
