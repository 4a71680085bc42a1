//! `upload download` against a platform that cuts, changes and stalls.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    lists::{Fault, Lists, PACKAGE},
    run::{Desk, Ran},
};

/// Where a list goes by itself.
const TARGET: &str = "p_1-customers.csv";
const PARTIAL: &str = ".p_1-customers.csv.upload-part";

/// No line of it like another, so that nothing can stand in a wrong place unseen.
fn csv() -> Vec<u8> {
    let rows: Vec<String> = (0..20_000).map(|row| format!("{row},customer-{row}\n")).collect();
    format!("id,name\n{}", rows.concat()).into_bytes()
}

fn json<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--output", "json", "download", PACKAGE], arguments].concat()
}

fn nothing_is_left(desk: &Desk) {
    assert!(!desk.path(PARTIAL).exists() && !desk.path(&format!("{PARTIAL}.json")).exists());
}

/// Starts it and waits until so many bytes lie on the disk.
fn started(desk: &Desk, arguments: &[&str], bytes: usize) -> Child {
    let child = desk.command(&json(arguments)).spawn().unwrap();
    let began = Instant::now();
    while fs::metadata(desk.path(PARTIAL)).map_or(0, |found| found.len()) < bytes as u64 {
        assert!(began.elapsed() < Duration::from_secs(60), "the bytes never came");
        thread::sleep(Duration::from_millis(5));
    }
    child
}

fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_download_cut_three_times_ends_byte_identical_in_four_requests() {
    let list = csv();
    let lists = Lists::new(&list);
    lists.state().faults = vec![Fault::Cut(1000), Fault::Cut(50_000), Fault::Cut(0)];
    let desk = Desk::at(&lists.url);
    let ran = desk.run(&json(&[]));
    ran.ends(0, &[]);
    assert!(fs::read(desk.path(TARGET)).unwrap() == list);
    assert_eq!(lists.list_requests(), ["list", "list bytes=1000-", "list bytes=51000-", "list bytes=51000-"]);
    let result = &ran.results()[0];
    assert_eq!((&result["status"], &result["pattern"]), (&"completed".into(), &"download".into()));
    assert_eq!((&result["bytes"], &result["path"]), (&list.len().into(), &TARGET.into()));
    assert_eq!(
        (&result["attempts"], &result["retries"], &result["resumed_bytes"]),
        (&4.into(), &3.into(), &0.into())
    );
    assert_eq!((&result["etag"], &result["package_status"]), (&"v1".into(), &"DONE".into()));
    nothing_is_left(&desk);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(desk.path(TARGET)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_download_that_was_killed_goes_on_where_it_stopped() {
    let list = csv();
    let lists = Lists::new(&list);
    let desk = Desk::at(&lists.url);
    lists.state().faults = vec![Fault::Stall(60_000)];
    let mut child = started(&desk, &[], 60_000);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!desk.path(TARGET).exists());
    let ran = desk.run(&json(&[]));
    ran.ends(0, &[]);
    assert_eq!(lists.list_requests(), ["list", "list bytes=60000-"]);
    assert_eq!(ran.results()[0]["resumed_bytes"], 60_000);
    assert!(fs::read(desk.path(TARGET)).unwrap() == list);
    nothing_is_left(&desk);
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_has_arrived_and_says_where() {
    let list = csv();
    let lists = Lists::new(&list);
    let desk = Desk::at(&lists.url);
    lists.state().faults = vec![Fault::Stall(60_000)];
    let child = started(&desk, &[], 60_000);
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let ran = ended(child);
    ran.ends(130, &[]);
    let result = &ran.results()[0];
    assert_eq!(result["status"], "aborted");
    let message = result["error"]["message"].as_str().unwrap();
    assert!(message.contains(PARTIAL) && message.contains("goes on from there"), "{message}");
    assert_eq!(fs::read(desk.path(PARTIAL)).unwrap(), &list[..60_000]);
}

#[test]
fn a_list_that_has_changed_is_downloaded_from_its_beginning() {
    let (old, new) = (csv(), b"id,name\n1,other\n".to_vec());
    let lists = Lists::new(&old);
    let desk = Desk::at(&lists.url);
    lists.state().faults = vec![Fault::Cut(40_000), Fault::Change(new.clone(), "\"v2\"")];
    let ran = desk.run(&json(&[]));
    ran.ends(0, &[]);
    assert_eq!(lists.list_requests(), ["list", "list bytes=40000-"]);
    assert!(fs::read(desk.path(TARGET)).unwrap() == new);
    let told = ran
        .events()
        .iter()
        .any(|event| event["event"] == "warning" && event["message"].as_str().unwrap().contains("changed"));
    assert!(told && ran.results()[0]["etag"] == "v2", "{}", ran.stdout);
}

#[test]
fn what_another_package_has_left_is_not_mixed_in() {
    let lists = Lists::new(b"id\n1\n");
    let desk = Desk::at(&lists.url)
        .file(PARTIAL, "of another package")
        .file(&format!("{PARTIAL}.json"), r#"{"package":"p.1","validator":"\"v1\"","total":50}"#);
    desk.run(&json(&[])).ends(0, &[]);
    assert_eq!(lists.list_requests(), ["list"]);
    assert_eq!(fs::read(desk.path(TARGET)).unwrap(), b"id\n1\n");
}

#[test]
fn a_file_that_exists_is_replaced_only_by_force_and_asked_about_first() {
    let lists = Lists::new(b"id\n1\n");
    let desk = Desk::at(&lists.url).file("a.csv", "precious");
    desk.run(&["download", PACKAGE, "-o", "a.csv"]).ends(6, &["a.csv: the file exists", "--force"]);
    assert!(lists.state().requests.is_empty(), "nothing is asked for");
    assert_eq!(fs::read(desk.path("a.csv")).unwrap(), b"precious");
    let ran = desk.run(&["download", PACKAGE, "-o", "a.csv", "--force"]);
    ran.ends(0, &[]);
    assert!(ran.stdout.starts_with("p/1 -> a.csv (5 B"), "{}", ran.stdout);
    assert_eq!(fs::read(desk.path("a.csv")).unwrap(), b"id\n1\n");
}

#[test]
fn standard_output_gets_the_list_alone_also_over_a_broken_connection() {
    let list = csv();
    let lists = Lists::new(&list);
    let desk = Desk::at(&lists.url);
    lists.state().faults = vec![Fault::Cut(70_000)];
    let ran = desk.run(&["download", PACKAGE, "-o", "-"]);
    ran.ends(0, &["written to standard output"]);
    assert!(ran.stdout.as_bytes() == list);
    assert_eq!(lists.list_requests(), ["list", "list bytes=70000-"]);

    lists.state().faults = vec![Fault::Cut(70_000), Fault::Change(b"id\n".to_vec(), "\"v2\"")];
    let ran = desk.run(&["download", PACKAGE, "-o", "-"]);
    ran.ends(5, &["the list has changed", "70000 bytes"]);
    assert!(ran.stdout.as_bytes() == &list[..70_000]);
    desk.run(&json(&["-o", "-"])).ends(2, &[]);
}

#[test]
fn a_reader_that_goes_away_ends_it_without_a_word() {
    let lists = Lists::new(&vec![b'x'; 4 << 20]);
    let desk = Desk::at(&lists.url);
    let mut child = desk.command(&["download", PACKAGE, "-o", "-"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = ended(child);
    assert_eq!((ran.status, ran.stderr.as_str()), (141, ""));
}

#[test]
fn a_package_without_a_list_has_its_exit_status() {
    for (status, code, words) in [
        ("FAILED", 3, ["has failed on the platform", "new package"]),
        ("EXPIRED", 3, ["has expired", "anew"]),
        ("INPROGRESS", 8, ["not done yet: INPROGRESS", "--no-wait"]),
    ] {
        let lists = Lists::new(b"");
        lists.state().statuses = vec![status];
        let desk = Desk::at(&lists.url);
        desk.run(&["download", PACKAGE, "--no-wait"]).ends(code, &words);
        assert_eq!(lists.state().requests, ["package"]);
        nothing_is_left(&desk);
    }
    let lists = Lists::new(b"");
    let desk = Desk::at(&lists.url);
    desk.run(&["download", "other"]).ends(1, &["404", "check the package's id"]);
    desk.run(&["download", ".."]).ends(2, &["package's id"]);
}

#[test]
fn a_package_that_is_being_made_is_waited_for() {
    let lists = Lists::new(b"id\n");
    lists.state().statuses = vec!["INITIALIZING", "DONE"];
    let desk = Desk::at(&lists.url);
    let ran = desk.run(&json(&[]));
    ran.ends(0, &[]);
    let waiting = &ran.events()[0];
    assert_eq!((&waiting["event"], &waiting["package_status"]), (&"waiting".into(), &"INITIALIZING".into()));
    assert_eq!(waiting["wait_seconds"], 3.0);
}

#[test]
fn a_page_is_no_list_and_leaves_nothing_behind() {
    let lists = Lists::new(b"<html>sign in");
    lists.state().content_type = "text/html";
    let desk = Desk::at(&lists.url);
    desk.run(&["download", PACKAGE]).ends(5, &["no customer list", "text/html"]);
    assert!(!desk.path(TARGET).exists());
    nothing_is_left(&desk);
}

#[test]
fn two_processes_do_not_write_one_file() {
    let list = csv();
    let lists = Lists::new(&list);
    let desk = Desk::at(&lists.url);
    lists.state().faults = vec![Fault::Stall(1000)];
    let mut first = started(&desk, &[], 1000);
    desk.run(&["download", PACKAGE]).ends(6, &["another process"]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(fs::read(desk.path(PARTIAL)).unwrap(), &list[..1000], "the second left it alone");
    assert!(Path::new(&desk.path(&format!("{PARTIAL}.json"))).exists());
}
