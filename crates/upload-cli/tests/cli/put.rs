//! `upload put` against the sandbox that `--sandbox` starts.

use std::fs;

use crate::run::{Desk, assert_stored};

const CSV: &str = "email,name\nada@example.com,Ada\n";

#[test]
fn a_csv_is_uploaded_validated_and_named() {
    let desk = Desk::new().file("audience.csv", CSV);
    let ran = desk.run(&["--sandbox", "put", "audience.csv", "--type", "audience_csv"]);
    ran.ends(0, &["the object lies in"]);
    assert!(ran.stdout.starts_with("audience.csv -> "), "{}", ran.stdout);
    assert!(ran.stdout.contains("valid") && ran.stdout.lines().count() == 1, "{}", ran.stdout);
}

#[test]
fn the_json_tells_every_step_and_the_object_is_the_file() {
    let content = vec![7_u8; 12 << 20];
    let desk = Desk::new().file("film.mp4", &content);
    let ran = desk.run(&[
        "--sandbox",
        "--output",
        "json",
        "put",
        "film.mp4",
        "--type",
        "video",
        "--part-size",
        "5MiB",
        "--concurrency",
        "2",
    ]);
    ran.ends(0, &[]);
    let events = ran.events();
    assert_eq!((&events[0]["event"], &events[0]["parts"]), (&"started".into(), &3.into()));
    let mut parts: Vec<(u64, u64)> = events
        .iter()
        .filter(|event| event["event"] == "part")
        .map(|part| (part["part_number"].as_u64().unwrap(), part["bytes"].as_u64().unwrap()))
        .collect();
    parts.sort_unstable();
    assert_eq!(parts, [(1, 5 << 20), (2, 5 << 20), (3, 2 << 20)]);
    let result = events.last().unwrap();
    assert_eq!(result["event"], "result");
    assert_eq!(result["status"], "completed");
    assert_eq!(result["pattern"], "multipart");
    assert_eq!((&result["bytes"], &result["parts"]), (&(12 << 20).into(), &3.into()));
    assert_eq!(result["validation"]["valid"], true);
    assert!(
        result["object_key"].is_string() && result["upload_id"].is_string() && result["etag"].is_string()
    );
    assert_stored(result, &content);
}

#[test]
fn content_that_the_platform_refuses_ends_with_3() {
    let desk = Desk::new().file("bad.csv", "email,name\nonly-one-field\n");
    let put = ["--sandbox", "put", "bad.csv", "--type", "audience_csv", "--no-preflight"];
    let ran = desk.run(&[&put[..], &["--output", "json"]].concat());
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let result = &ran.results()[0];
    assert_eq!((&result["status"], &result["validation"]["valid"]), (&"failed".into(), &false.into()));
    assert!(!result["validation"]["errors"].as_array().unwrap().is_empty());
    assert!(result["object_key"].is_string(), "it is stored all the same");
    desk.run(&[&put[..], &["--no-validate"]].concat()).ends(0, &[]);
}

#[test]
fn a_batch_of_good_and_bad_ends_with_7() {
    let desk = Desk::new().file("good.csv", CSV).file("bad.csv", "a,b\nc\n");
    let put = ["--sandbox", "put", "good.csv", "bad.csv", "--type", "t", "--no-preflight"];
    let ran = desk.run(&[&put[..], &["--output", "json"]].concat());
    assert_eq!(ran.status, 7, "{}", ran.stderr);
    let summary = ran.events().pop().unwrap();
    assert_eq!((&summary["completed"], &summary["failed"]), (&1.into(), &1.into()));
}

#[test]
fn a_folder_is_its_files() {
    let desk = Desk::new().file("in/a.csv", CSV).file("in/sub/b.csv", CSV).file("in/notes.txt", "x");
    let put = ["--sandbox", "--output", "json", "put", "in", "-r", "--include", "*.csv", "--type", "t"];
    let mut files: Vec<String> = desk
        .run(&put)
        .results()
        .iter()
        .map(|result| format!("{} {}", result["file"].as_str().unwrap(), result["status"].as_str().unwrap()))
        .collect();
    files.sort_unstable();
    assert_eq!(files, ["in/a.csv completed", "in/sub/b.csv completed"]);
}

#[test]
fn standard_input_is_uploaded_whether_piped_or_redirected() {
    let desk = Desk::new().file("in.bin", "redirected bytes");
    let put = ["--sandbox", "--output", "json", "put", "-", "--name", "dump.sql"];
    let ran = desk.run_with(&put, b"piped bytes");
    let result = &ran.results()[0];
    assert_eq!((&result["file"], &result["pattern"]), (&"-".into(), &"single".into()), "{}", ran.stderr);
    assert!(result["object_key"].as_str().unwrap().ends_with("dump.sql"));
    assert_stored(result, b"piped bytes");
    let spool = desk.path(".local/state/upload/spool");
    assert_eq!(fs::read_dir(&spool).unwrap().count(), 0, "nothing is left behind");

    let mut command = desk.command(&put);
    let output = command.stdin(fs::File::open(desk.path("in.bin")).unwrap()).output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap().lines().last().unwrap().to_owned();
    assert_stored(&serde_json::from_str(&line).unwrap(), b"redirected bytes");
}

#[test]
fn a_manifest_gives_files_their_own_settings() {
    let list = "a.csv\n{\"path\":\"n.txt\",\"pattern\":\"single\",\"name\":\"renamed.txt\"}\n";
    let desk = Desk::new().file("a.csv", CSV).file("n.txt", "x").file("list", list);
    let ran = desk.run(&["--sandbox", "--output", "json", "put", "--manifest", "list", "--type", "t"]);
    ran.ends(0, &[]);
    let results = ran.results();
    let renamed = results.iter().find(|result| result["file"] == "n.txt").unwrap();
    assert_eq!(renamed["pattern"], "single");
    assert!(renamed["object_key"].as_str().unwrap().ends_with("renamed.txt"));
}

#[test]
fn a_dry_run_needs_no_platform_and_sends_nothing() {
    let desk = Desk::new().file("a.csv", CSV);
    let ran = desk.run(&["put", "a.csv", "--type", "t", "--dry-run", "--output", "json"]);
    ran.ends(0, &[]);
    let events = ran.events();
    assert_eq!((events.len(), &events[0]["event"]), (1, &"planned".into()));
}

#[test]
fn settings_come_from_the_flag_then_the_environment_then_the_profile() {
    let config = "default_profile = \"p\"\n[profile.p]\ntype = \"from_profile\"\n";
    let desk = Desk::new().file("a.bin", "x").file(".config/upload/config.toml", config);
    let kind = |desk: &Desk, more: &[&str]| {
        let arguments = [&["put", "a.bin", "--dry-run", "--output", "json"], more].concat();
        desk.run(&arguments).events()[0]["type"].as_str().unwrap().to_owned()
    };
    assert_eq!(kind(&desk, &[]), "from_profile");
    let desk = desk.set("UPLOAD_TYPE", "from_environment");
    assert_eq!(kind(&desk, &[]), "from_environment");
    assert_eq!(kind(&desk, &["--type", "from_flag"]), "from_flag");
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let desk = Desk::new().file("a.csv", CSV);
    let mut child =
        desk.command(&["--sandbox", "put", "a.csv", "--type", "t", "--output", "json"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}
