//! A file that changes under way is never completed: exit 6, and nothing is left on the platform.

use std::{fs, path::Path, time::Duration};

use upload_e2e::{Running, World, wait_for};
use upload_sandbox::SandboxConfig;

use crate::content::{MIB, noise};

/// Both ways that bytes take: through this process, where they are hashed, and past it.
async fn changed_in_mid_upload(change: fn(&Path), words: &[&str]) {
    tokio::join!(changed_on_its_way("etag", change, words), changed_on_its_way("none", change, words));
}

/// Changes the file while its second part stands still, with the first one stored.
async fn changed_on_its_way(verify: &str, change: fn(&Path), words: &[&str]) {
    let faults = vec!["part:2#1=stall,after:64KiB".parse().unwrap()];
    let world = World::new(SandboxConfig { faults, ..SandboxConfig::default() }).await;
    let file = world.file("a.bin", &noise(12 * MIB));
    let mut command = world.upload();
    command.args(["--output", "json", "put", "--type", "raw", "--part-size", "5MiB", "--timeout", "5s"]);
    command.args(["--concurrency", "1", "--verify", verify]).arg(&file);
    let running = Running::start(&mut command);
    wait_for(|| world.log().iter().any(|entry| entry.part_number == Some(1) && entry.status == Some(200)))
        .await;
    // The clock of the file system has ticks of its own.
    tokio::time::sleep(Duration::from_millis(20)).await;
    change(&file);
    let finished = running.finish().await;
    assert_eq!(finished.code, Some(6), "{words:?}: {finished:?}");
    let error = &finished.result()["error"];
    let message = error["message"].as_str().unwrap();
    assert!(words.iter().any(|words| message.contains(words)), "{error}");
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error}");
    assert_eq!((world.count("complete"), world.count("abort")), (0, 1), "{words:?}");
    assert!(world.sandbox.open_uploads().is_empty() && world.journals().is_empty(), "{words:?}");
}

fn overwrite(path: &Path, offset: u64) {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let mut file = fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(b"edited").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_under_way_ends_as_exit_6_and_an_abort() {
    let written_to = |path: &Path| overwrite(path, 100);
    let hidden = |path: &Path| {
        let then = fs::metadata(path).unwrap().modified().unwrap();
        overwrite(path, 100);
        fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    };
    let grown = |path: &Path| {
        let file = fs::File::options().append(true).open(path).unwrap();
        std::io::Write::write_all(&mut &file, b"more").unwrap();
    };
    let cut =
        |path: &Path| fs::File::options().write(true).open(path).unwrap().set_len(6 * MIB as u64).unwrap();
    let replaced = |path: &Path| {
        let other = path.with_extension("new");
        fs::write(&other, noise(12 * MIB)).unwrap();
        fs::rename(other, path).unwrap();
    };
    let gone = |path: &Path| fs::remove_file(path).unwrap();
    tokio::join!(
        changed_in_mid_upload(written_to, &["it was written to"]),
        changed_in_mid_upload(hidden, &["it was written to, or its mode"]),
        changed_in_mid_upload(grown, &["and has 12582916"]),
        // What is still to be read of the second part may be gone before anybody looks at the size.
        changed_in_mid_upload(cut, &["and has 6291456", "it has become shorter"]),
        changed_in_mid_upload(replaced, &["another file has taken its place"]),
        changed_in_mid_upload(gone, &["removed or renamed"]),
    );
}
