//! `--receipt`: what was sent, and what the storage said to it.

use std::{fs, path::Path};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use upload_e2e::World;
use upload_sandbox::SandboxConfig;

use crate::content::{MIB, noise};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn receipts(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_has_its_line_with_its_digest_and_the_etag_and_request_of_each_part() {
    let faults = vec!["part:2#1=status:503".parse().unwrap()];
    let world = World::new(SandboxConfig { faults, ..SandboxConfig::default() }).await;
    let (large, small) = (noise(12 * MIB), b"email\na@example.com\n".to_vec());
    let (first, second) = (world.file("large.bin", &large), world.file("small.png", &small));
    let path = first.with_file_name("receipts.jsonl");
    let put = ["--output", "json", "put", "--pattern", "multipart", "--type", "raw", "--part-size", "5MiB"];
    let more = ["--verify", "etag", "--receipt", path.to_str().unwrap(), first.to_str().unwrap()];
    let finished = world.run(put.iter().chain(&more)).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.result()["sha256"], sha256(&large));

    let single = ["--output", "json", "put", "--pattern", "single", "--verify", "none"];
    let single = [single.as_slice(), &["--receipt", path.to_str().unwrap()]].concat();
    let finished = world.run(single.iter().copied().chain([second.to_str().unwrap()])).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");

    let lines = receipts(&path);
    assert_eq!(lines.len(), 2, "one behind the other");
    let receipt = &lines[0];
    assert_eq!(receipt["sha256"], sha256(&large));
    assert_eq!((&receipt["bytes"], &receipt["etags_verified"]), (&(12 * MIB).into(), &true.into()));
    let parts = receipt["parts"].as_array().unwrap();
    let of_parts = |name: &str| parts.iter().map(|part| part[name].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(of_parts("part_number"), [1, 2, 3]);
    assert_eq!(of_parts("offset"), [0, 5 * MIB as u64, 10 * MIB as u64]);
    assert_eq!(of_parts("attempts"), [1, 2, 1]);
    assert!(parts.iter().all(|part| part["etag"].as_str().unwrap().len() == 32), "{receipt}");
    assert!(
        parts.iter().all(|part| part["request_id"].as_str().is_some_and(|id| !id.is_empty())),
        "{receipt}"
    );
    assert_eq!((&lines[1]["sha256"], &lines[1]["etags_verified"]), (&sha256(&small).into(), &false.into()));
    assert_eq!(lines[1]["parts"].as_array().unwrap().len(), 1);
    assert!(!fs::read_to_string(&path).unwrap().contains("X-Amz"), "no signature");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_cannot_be_written_is_known_before_anything_is_sent() {
    let world = World::new(SandboxConfig::default()).await;
    let file = world.file("a.bin", b"abc");
    let nowhere = file.with_file_name("none").join("receipts");
    let args = ["put", "--pattern", "single", "--receipt", nowhere.to_str().unwrap(), file.to_str().unwrap()];
    let finished = world.run(args).await;
    assert_eq!(finished.code, Some(6), "{finished:?}");
    assert!(finished.stderr.contains("--receipt"), "{finished:?}");
    assert_eq!(world.operations(), [""; 0]);
}

/// As when the disk is full in the end.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_is_lost_in_the_end_fails_the_file_and_says_where_the_object_is() {
    let world = World::new(SandboxConfig::default()).await;
    let file = world.file("a.bin", b"abc");
    let args = ["--output", "json", "put", "--pattern", "single", "--receipt", "/dev/full"];
    let finished = world.run(args.iter().copied().chain([file.to_str().unwrap()])).await;
    assert_eq!(finished.code, Some(6), "{finished:?}");
    let result = finished.result();
    let (message, key) =
        (result["error"]["message"].as_str().unwrap(), result["object_key"].as_str().unwrap());
    assert!(message.contains("its receipt cannot be written") && message.contains(key), "{result}");
    assert_eq!(world.stored(key), b"abc");
}
