//! Whatever is sent to it, the sandbox answers, and goes on.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    sync::OnceLock,
    time::Duration,
};

use tokio::runtime::Runtime;
use upload_fuzz::{Target, documents, try_all};
use upload_sandbox::{Sandbox, SandboxConfig, SandboxHandle};

#[test]
fn no_body_is_too_much_for_the_api() {
    try_all(&[Target { name: "sandbox-bodies", seeds: bodies, check: check_body }]);
    still_serves();
}

#[test]
fn no_bytes_are_too_much_for_either_port() {
    try_all(&[Target { name: "sandbox-requests", seeds: requests, check: check_request }]);
    still_serves();
}

fn sandbox() -> &'static SandboxHandle {
    static SANDBOX: OnceLock<(Runtime, SandboxHandle, tempfile::TempDir)> = OnceLock::new();
    let (_, sandbox, _) = SANDBOX.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config =
            SandboxConfig { storage_dir: Some(folder.path().to_owned()), ..SandboxConfig::default() };
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        (runtime, sandbox, folder)
    });
    sandbox
}

/// What the API's paths begin with.
fn root() -> &'static str {
    let (_, rest) = sandbox().api_url().split_once("://").unwrap();
    rest.find('/').map_or("", |start| &rest[start..])
}

/// Method and path, content type, and body, each behind a line feed.
fn bodies() -> Vec<Vec<u8>> {
    documents(&[
        "POST /v3/storage/multipart-upload\napplication/json\n{\"filename\":\"a.csv\",\"file_size\":15728640,\"part_size\":5242880,\"part_count\":3}",
        "PUT /v3/storage/multipart-upload\napplication/json\n{\"upload_id\":\"u\",\"object_key\":\"files/a/b.csv\",\"parts\":[{\"part_number\":1,\"etag\":\"e\"}]}",
        "DELETE /v3/storage/multipart-upload\napplication/json\n{\"upload_id\":\"u\",\"object_key\":\"files/../../b\"}",
        "POST /v3/storage/multipart-upload/validate\napplication/json\n{\"object_key\":\"files/a/b.csv\"}",
        "POST /v3/storage/presigned-url\napplication/json\n{\"filename\":\"../a.csv\"}",
        "POST /v3/auth\napplication/json\n{\"username\":\"u\",\"password\":\"p\"}",
        "POST /v3/ingest/transaction_summary\napplication/json\n{\"eid\":\"e\",\"from\":\"2026-06-01\",\"to\":\"2026-06-02\",\"tickets\":[{\"type\":\"s\",\"sold\":3,\"revenue\":1.5}]}",
        "POST /v3/ingest/sales_df\napplication/json\n{\"columns\":[\"a\"],\"index\":[0],\"data\":[[1]]}",
        "POST /v3/ingest/events\napplication/json\n[{\"eid\":\"e\"}]",
        "POST /media\nmultipart/form-data; boundary=x\n--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n\x01\x02\r\n--x--\r\n",
        "GET /v3/package_builder/packages/4711?x=%00\ntext/plain\n",
    ])
}

fn check_body(bytes: &[u8]) {
    let mut pieces = bytes.splitn(3, |byte| *byte == b'\n');
    let (line, kind, body) = (
        pieces.next().unwrap_or_default(),
        pieces.next().unwrap_or_default(),
        pieces.next().unwrap_or_default(),
    );
    let is_token = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    if !line.iter().chain(kind).all(is_token) {
        return;
    }
    let line = String::from_utf8_lossy(line);
    let Some((method, path)) = line.split_once(' ').filter(|(method, path)| {
        method.bytes().all(|byte| byte.is_ascii_uppercase())
            && !method.is_empty()
            && path.starts_with('/')
            && !path.contains(' ')
    }) else {
        return;
    };
    let head = format!(
        "{method} {}{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nx-preferred-partner-id: {}\r\nx-upload-type: t\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        root(),
        sandbox().access_token(),
        sandbox().partner_id(),
        String::from_utf8_lossy(kind),
        body.len(),
    );
    let answer = exchange(sandbox().api_url(), &[head.as_bytes(), body].concat(), true);
    let status: u16 = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    assert!((200..500).contains(&status) || status == 501, "{line}: {answer}");
}

fn requests() -> Vec<Vec<u8>> {
    documents(&[
        "GET /api/v3/status/ HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
        "PUT /bucket/files/a/b.csv?partNumber=1&uploadId=u&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260601T120000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=content-type%3Bhost&X-Amz-Credential=a%2F20260601%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=ab HTTP/1.1\r\nhost: h\r\ncontent-type: application/octet-stream\r\ncontent-length: 3\r\n\r\nabc",
        "PUT /bucket/../../etc/x HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST /api/media HTTP/1.1\r\nhost: h\r\nauthorization: Bearer x\r\ncontent-length: 18446744073709551615\r\n\r\n",
    ])
}

fn check_request(bytes: &[u8]) {
    for port in [sandbox().api_url(), sandbox().storage_url()] {
        let answer = exchange(port, bytes, false);
        assert!(!answer.contains("HTTP/1.1 500"), "{answer}");
    }
}

/// Sends bytes and nothing more, and reads what comes back. Whoever ends its side before the answer has gone away, as
/// HTTP servers take it, so a request that is `whole` leaves it open.
fn exchange(base: &str, request: &[u8], whole: bool) -> String {
    let address = base.split('/').nth(2).unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may have refused by then.
    let _ = socket.write_all(request);
    if !whole {
        let _ = socket.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn still_serves() {
    let request = format!("GET {}/v3/status/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", root());
    let answer = exchange(sandbox().api_url(), request.as_bytes(), true);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
