//! Bad input: the exit status, and a message that names the way out. Nothing is sent.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
};

use crate::run::Desk;

/// Nobody listens here; whoever checks first never finds out.
const NOWHERE: &str = "http://127.0.0.1:1/api";

fn desk() -> Desk {
    Desk::at(NOWHERE).file("a.csv", "email\na@b.c\n")
}

const PUT: [&str; 4] = ["put", "a.csv", "--type", "audience_csv"];

#[test]
fn without_a_url_the_ways_to_give_one_are_named() {
    let desk = Desk::new().file("a.csv", "x");
    desk.run(&PUT).ends(2, &["FD_BASE_URL", "--api-url", "--sandbox"]);
}

#[test]
fn a_malformed_url_is_named_with_its_origin() {
    desk().set("FD_BASE_URL", "client-api/api").run(&PUT).ends(2, &["client-api/api", "FD_BASE_URL", "http"]);
    let typed = ["--api-url", "ftp://h/api", "put", "a.csv", "--type", "t"];
    desk().run(&typed).ends(2, &["ftp://h/api", "command line"]);
}

#[test]
fn a_password_in_the_url_is_refused_and_not_shown() {
    let ran = desk().set("FD_BASE_URL", "https://me:hush-hush@h/api").run(&PUT);
    ran.ends(2, &["FD_BASE_URL"]);
    assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
}

#[test]
fn without_a_token_every_way_to_have_one_is_named() {
    let ways = ["upload login", "FD_USERNAME", "FD_PASSWORD", "FD_ACCESS_TOKEN", "--sandbox"];
    desk().set("FD_ACCESS_TOKEN", "").run(&PUT).ends(2, &ways);
}

#[test]
fn a_malformed_partner_is_named_with_its_origin() {
    desk().set("FD_PARTNER_ID", "acme").run(&PUT).ends(2, &["'acme'", "FD_PARTNER_ID", "partner-id-"]);
}

#[test]
fn a_file_that_is_none_is_the_files_trouble() {
    let desk = desk().file("empty.csv", "").file("folder/b.csv", "x");
    desk.run(&["put", "gone.csv", "--type", "t"]).ends(6, &["gone.csv", "no such file"]);
    desk.run(&["put", "folder", "--type", "t"]).ends(6, &["folder", "--recursive"]);
    desk.run(&["put", "empty.csv", "--type", "t"]).ends(6, &["empty.csv", "empty"]);
    desk.run(&["put", "/dev/null", "--type", "t"]).ends(6, &["/dev/null", "upload put -"]);
    desk.run(&["put", "-", "--type", "t"]).ends(6, &["standard input is empty"]);
    desk.run(&["put", "folder", "-r", "--include", "*.xls", "--type", "t"]).ends(6, &["no file to upload"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_the_files_trouble() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};
    let desk = desk();
    fs::set_permissions(desk.path("a.csv"), fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = desk.command(&PUT);
    // Root may read everything; as nobody it may not. The folder itself must then be open to others.
    if fs::read(desk.path("a.csv")).is_ok() {
        fs::set_permissions(desk.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(65_534);
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{stderr}");
    assert!(stderr.contains("a.csv: no permission") && stderr.contains("chmod"), "{stderr}");
}

#[test]
fn sending_in_parts_without_a_type_names_all_three_ways_to_give_one() {
    desk().run(&["put", "a.csv"]).ends(2, &["--type", "UPLOAD_TYPE", "profile", "config.toml"]);
}

#[test]
fn one_bad_file_keeps_all_from_being_sent() {
    let ran = desk().run(&["put", "a.csv", "gone.csv", "--type", "t", "--output", "json"]);
    ran.ends(6, &["nothing was sent"]);
    let results = ran.results();
    let ends: Vec<(&str, &str)> =
        results.iter().map(|r| (r["file"].as_str().unwrap(), r["status"].as_str().unwrap())).collect();
    assert_eq!(ends, [("gone.csv", "failed"), ("a.csv", "skipped")]);
    assert_eq!(results[0]["error"]["kind"], "local_file");
    assert!(results[0]["error"]["hint"].is_string());
}

#[test]
fn wrong_usage_ends_with_2() {
    desk().run(&["put", "a.csv", "--type", "t", "--part-size", "1MiB"]).ends(2, &["5 MiB and 5 GiB"]);
    desk().run(&["put", "a.csv", "--type", "two words"]).ends(2, &["two words"]);
    desk().run(&["put", "a.csv", "b.csv", "--name", "n", "--type", "t"]).ends(2, &["--name"]);
    desk().run(&["put", "-", "-", "--type", "t"]).ends(2, &["only once"]);
    desk().run(&["--sandbox", "--partner", "fd1", "put", "a.csv"]).ends(2, &["--sandbox", "--partner"]);
    desk().run(&["nonsense"]).ends(2, &["nonsense"]);
    desk().set("UPLOAD_PART_SIZE", "tiny").run(&PUT).ends(2, &["tiny", "UPLOAD_PART_SIZE"]);
}

#[test]
fn a_mistake_in_the_config_file_names_file_line_and_key() {
    let desk = desk().file(".config/upload/config.toml", "[profile.default]\n\npartsize = \"16MiB\"\n");
    desk.run(&PUT).ends(2, &["config.toml, line 3", "`partsize`"]);
}

#[test]
fn settings_trouble_is_an_event_in_json() {
    let ran = Desk::new().run(&["put", "a.csv", "--output", "json"]);
    assert_eq!(ran.status, 2);
    let events = ran.events();
    assert_eq!((&events[0]["event"], &events[0]["error"]["kind"]), (&"error".into(), &"settings".into()));
}

#[test]
fn a_host_that_is_not_there_is_tried_and_then_named() {
    let ran = desk().run(&PUT);
    ran.ends(5, &["127.0.0.1:1", "after 5 attempts", "retry:", "hint:"]);
}

#[test]
fn a_server_that_answers_with_a_page_is_not_taken_for_the_platform() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let page = "<html>Sign in</html>";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        write!(stream, "{head}Content-Length: {}\r\n\r\n{page}", page.len()).unwrap();
    });
    Desk::at(&url).file("a.csv", "x").run(&PUT).ends(5, &["text/html", "base URL"]);
    server.join().unwrap();
}

#[test]
fn a_fault_that_cannot_be_read_is_told_piece_by_piece() {
    let put = |fault| ["--sandbox", "--fault", fault, "put", "a.csv", "--type", "t"];
    desk().run(&put("part#0=stall")).ends(2, &["part#0=stall", "'0'", "count"]);
    desk().run(&put("complete=expire")).ends(2, &["complete", "carry a time"]);
    let ran =
        desk().set("UPLOAD_FAULT", "part=stall;part=sulk").run(&["--sandbox", "put", "a.csv", "--type", "t"]);
    ran.ends(2, &["'sulk'", "UPLOAD_FAULT", "lose_answer"]);
}

#[test]
fn a_fault_without_a_sandbox_is_refused() {
    let ran = desk().run(&["--fault", "part=stall", "put", "a.csv", "--type", "t"]);
    ran.ends(2, &["--fault", "real platform", "--sandbox"]);
}
