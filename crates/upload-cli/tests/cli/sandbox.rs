//! `upload sandbox`, asked by hand.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Child,
};

use serde_json::Value;

use crate::run::Desk;

/// A sandbox that runs until the test ends.
struct Running {
    child: Child,
    announced: Value,
}

impl Running {
    fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let arguments = [&["sandbox", "--output", "json"], arguments].concat();
        let mut child = desk.command(&arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, announced: serde_json::from_str(&line).unwrap() }
    }

    /// Status line, head and body of an answer to a JSON body.
    fn post(&self, path: &str, body: &Value) -> String {
        let api = self.announced["api_url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let host = api.strip_suffix("/api").unwrap();
        let body = body.to_string();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!(
            "POST /api{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn it_announces_its_account_and_package_and_keeps_lives_and_budgets_as_asked() {
    let desk = Desk::new();
    let sandbox = Running::start(&desk, &["--token-life", "90s", "--budget", "1/h"]);
    let announced = &sandbox.announced;
    assert_eq!((&announced["event"], &announced["package_id"]), (&"sandbox".into(), &"demo".into()));
    let account = serde_json::json!({ "username": announced["username"], "password": announced["password"] });
    let signed_in = sandbox.post("/v3/auth", &account);
    assert!(signed_in.starts_with("HTTP/1.1 200") && signed_in.contains("\"ExpiresIn\":90"), "{signed_in}");
    let refused = sandbox.post("/v3/auth", &account);
    assert!(refused.starts_with("HTTP/1.1 429") && refused.contains("RATE_LIMITED"), "{refused}");
}

#[test]
fn what_it_cannot_be_asked_for_is_refused_before_it_starts() {
    for (arguments, word) in [
        (["sandbox", "--budget", "many"], "60/min"),
        (["sandbox", "--token-life", "soon"], "--token-life"),
        (["sandbox", "--url-life", "a while"], "--url-life"),
    ] {
        Desk::new().run(&arguments).ends(2, &[word]);
    }
}
