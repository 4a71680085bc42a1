//! A platform with one package on bare sockets, for what a well-behaved one does not do.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

/// The package's id.
pub(crate) const PACKAGE: &str = "p/1";
const AT: &str = "/api/v3/package_builder/packages/p%2F1";

pub(crate) struct Lists {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

pub(crate) struct State {
    /// One after the other; the last one stays.
    pub(crate) statuses: Vec<&'static str>,
    pub(crate) list: Vec<u8>,
    pub(crate) etag: &'static str,
    pub(crate) content_type: &'static str,
    /// What happens to the next answers that carry the list.
    pub(crate) faults: Vec<Fault>,
    /// What was asked for: `package`, `list` or `list bytes=5-`.
    pub(crate) requests: Vec<String>,
}

pub(crate) enum Fault {
    /// The connection is closed after so many bytes of the body.
    Cut(usize),
    /// Nothing comes after so many bytes of the body.
    Stall(usize),
    /// The list is this one from here on.
    Change(Vec<u8>, &'static str),
}

impl Lists {
    pub(crate) fn new(list: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            statuses: vec!["DONE"],
            list: list.to_vec(),
            etag: "\"v1\"",
            content_type: "text/csv",
            faults: Vec::new(),
            requests: Vec::new(),
        }));
        let shared = state.clone();
        // It ends with the test's process.
        thread::spawn(move || {
            for socket in listener.incoming() {
                let shared = shared.clone();
                thread::spawn(move || serve(&mut socket.unwrap(), &shared));
            }
        });
        Self { url, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The requests for the list.
    pub(crate) fn list_requests(&self) -> Vec<String> {
        self.state().requests.iter().filter(|request| request.starts_with("list")).cloned().collect()
    }
}

fn serve(socket: &mut TcpStream, state: &Mutex<State>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if socket.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    let path = head.split(' ').nth(1).unwrap();
    let mut state = state.lock().unwrap();
    let (answer, stalls) = if path == AT {
        state.requests.push("package".into());
        let status = if state.statuses.len() > 1 { state.statuses.remove(0) } else { state.statuses[0] };
        (
            with_body(
                "200 OK",
                "content-type: application/json\r\n",
                format!(r#"{{"status":"{status}"}}"#).as_bytes(),
            ),
            false,
        )
    } else if path == format!("{AT}/customers.csv") {
        let range = header("range");
        state.requests.push(range.map_or("list".into(), |range| format!("list {range}")));
        list(&mut state, range, header("if-range"))
    } else {
        (with_body("404 Not Found", "content-type: application/json\r\n", br#"{"message":"unknown"}"#), false)
    };
    drop(state);
    // The client may be gone.
    let _ = socket.write_all(&answer);
    if stalls {
        let _ = socket.read(&mut [0]);
    }
}

/// The answer to a request for the list, and whether it is the last that the client hears.
fn list(state: &mut State, range: Option<&str>, if_range: Option<&str>) -> (Vec<u8>, bool) {
    let fault = if state.faults.is_empty() { None } else { Some(state.faults.remove(0)) };
    if let Some(Fault::Change(list, etag)) = &fault {
        state.list.clone_from(list);
        state.etag = etag;
    }
    let total = state.list.len();
    let offset = range.filter(|_| if_range == Some(state.etag)).map_or(0, |range| {
        range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')).unwrap().parse().unwrap()
    });
    if offset >= total && total > 0 {
        return (with_body("416 Range", &format!("content-range: bytes */{total}\r\n"), b""), false);
    }
    let mut headers = format!("content-type: {}\r\netag: {}\r\n", state.content_type, state.etag);
    if offset > 0 {
        headers += &format!("content-range: bytes {offset}-{}/{total}\r\n", total - 1);
    }
    let status = if offset > 0 { "206 Partial Content" } else { "200 OK" };
    let mut answer = with_body(status, &headers, &state.list[offset..]);
    let body_at = answer.len() - (total - offset);
    match fault {
        Some(Fault::Cut(after) | Fault::Stall(after)) => answer.truncate(body_at + after),
        Some(Fault::Change(..)) | None => {}
    }
    (answer, matches!(fault, Some(Fault::Stall(_))))
}

fn with_body(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
