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

/// Nobody looks at the bytes then, so that they go past this process, from the file to the socket.
#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_file_arrives_whole_through_trouble() {
    let faults = ["part:2#1=reset,after:1MiB", "part:3#1=status:503", "part:4#1=stall,after:2MiB"];
    let faults = faults.map(|fault| fault.parse().unwrap()).to_vec();
    let world = World::new(SandboxConfig { faults, ..SandboxConfig::default() }).await;
    let content = noise(40 * MIB + 123);
    let file = world.file("big.bin", &content);
    let mut command = world.upload();
    command.args(["--output", "json", "put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"]);
    let finished = Running::start(command.args(["--verify", "none", "--timeout", "2s"])).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let stored = world.stored(finished.result()["object_key"].as_str().unwrap());
    assert!(stored == content, "the stored bytes differ");
    let sent = |part| world.log().iter().filter(|entry| entry.part_number == Some(part)).count();
    assert_eq!([1, 2, 3, 4, 5, 9].map(sent), [1, 2, 2, 2, 1, 1]);
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
