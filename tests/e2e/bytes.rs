use std::process::Stdio;

use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use upload_e2e::{Running, World};
use upload_sandbox::SandboxConfig;

use crate::content::{MIB, noise};

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_arrives_whole_with_several_parts_in_flight() {
    let world = World::new(SandboxConfig::default()).await;
    let content = noise(40 * MIB + 123);
    let file = world.file("big.bin", &content);
    let args = ["--output", "json", "put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"];
    let finished = world.run(args).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let result = finished.result();
    assert_eq!((&result["parts"], &result["bytes"]), (&9.into(), &content.len().into()));
    let stored = world.stored(result["object_key"].as_str().unwrap());
    assert_eq!(Sha256::digest(&stored), Sha256::digest(&content), "the stored bytes differ");
    assert!(world.sandbox.max_parts_in_flight() > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_arrives_whole() {
    let world = World::new(SandboxConfig::default()).await;
    let content = noise(12 * MIB + 5);
    let mut command = world.upload();
    command.args([
        "--output",
        "json",
        "put",
        "-",
        "--name",
        "piped.bin",
        "--type",
        "raw",
        "--part-size",
        "5MiB",
    ]);
    let mut running = Running::start(command.stdin(Stdio::piped()));
    let mut stdin = running.stdin().unwrap();
    stdin.write_all(&content).await.unwrap();
    drop(stdin);
    let finished = running.finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        world.stored(finished.result()["object_key"].as_str().unwrap()) == content,
        "the stored bytes differ"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_put_and_several_files_arrive_whole() {
    let world = World::new(SandboxConfig::default()).await;
    let names = ["a.jpg", "b.jpg", "c.jpg"];
    let files: Vec<_> = names.iter().map(|name| world.file(name, &noise(name.len() * 1000))).collect();
    let mut command = world.upload();
    command.args(["--output", "json", "put"]).args(&files);
    let finished = Running::start(&mut command).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let results = finished.events_named("result");
    assert_eq!(results.len(), 3);
    for result in results {
        assert_eq!(result["pattern"], "single");
        assert!(world.stored(result["object_key"].as_str().unwrap()) == noise(5000));
    }
}
