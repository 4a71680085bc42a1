use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::client::{Client, MIB, bytes};

const MULTIPART: &str = "/v3/storage/multipart-upload";

#[tokio::test]
async fn a_reset_hits_its_part_only() {
    let client = Client::start().await;
    let upload = client.initiate(10 * MIB, 5 * MIB).await;
    client.fault("part:1#1=reset,after:1MiB");
    client.part(&upload.urls[1], bytes(5 * MIB)).await;
    assert!(client.put(&upload.urls[0], bytes(5 * MIB)).send().await.is_err());
    client.part(&upload.urls[0], bytes(5 * MIB)).await;
    let broken = &client.sandbox.log()[2];
    assert_eq!((broken.status, broken.fault), (None, Some("reset")));
    assert!(broken.bytes >= MIB as u64 && broken.bytes < 5 * MIB as u64, "{broken:?}");
    client.abort(&upload).await;
    client.stop().await;
}

#[tokio::test]
async fn a_reset_comes_before_or_behind_the_body_as_well_and_nothing_is_done() {
    let client = Client::start().await;
    let upload = client.initiate(5 * MIB, 5 * MIB).await;
    client.fault("part#1=reset");
    client.fault("part#1=reset,after:body");
    for _ in 0..2 {
        assert!(client.put(&upload.urls[0], bytes(5 * MIB)).send().await.is_err());
    }
    let read: Vec<_> = client.sandbox.log()[1..].iter().map(|entry| (entry.bytes, entry.status)).collect();
    assert_eq!(read, [(0, None), (5 * MIB as u64, None)]);
    assert_eq!(client.sandbox.open_uploads()[0].parts, 0);
    client.stop().await;
}

#[tokio::test]
async fn the_api_is_reset_behind_the_body_too() {
    let client = Client::start().await;
    client.fault("initiate#1=reset,after:body");
    let body = json!({ "filename": "a.csv", "file_size": 1, "part_size": 1, "part_count": 1 });
    assert!(client.api(Method::POST, MULTIPART).json(&body).send().await.is_err());
    let broken = &client.sandbox.log()[0];
    assert_eq!((broken.status, broken.bytes), (None, body.to_string().len() as u64));
    assert!(client.stop().await.is_empty(), "nothing was opened");
}

#[tokio::test]
async fn a_stalled_part_never_answers_and_does_not_hold_up_the_end() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.fault("part=stall");
    let put = client.put(&upload.urls[0], bytes(5 * MIB)).timeout(Duration::from_millis(200));
    assert!(put.send().await.unwrap_err().is_timeout());
    assert_eq!(client.faults(), [None, Some("stall")]);
    client.stop().await;
}

#[tokio::test]
async fn a_lost_answer_leaves_the_deed_done() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    client.fault("complete#1=lose_answer");
    let body = json!({
        "upload_id": upload.id, "object_key": upload.key, "parts": [{ "part_number": 1, "etag": etag }],
    });
    assert!(client.api(Method::PUT, MULTIPART).json(&body).send().await.is_err());
    assert_eq!(client.complete(&upload, &[(1, &etag)]).await.0, 404);
    assert_eq!(std::fs::read(client.sandbox.object_path(&upload.key)).unwrap(), b"x");
    client.stop().await;
}

#[tokio::test]
async fn a_slow_request_takes_its_time_and_the_next_on_the_same_connection_does_not() {
    let client = Client::start().await;
    let upload = client.initiate(2 * MIB, 2 * MIB).await;
    client.fault("part#1=slow:4MiB/s");
    let begin = Instant::now();
    client.part(&upload.urls[0], bytes(2 * MIB)).await;
    // A lower bound only: what was in the kernel's hands when the rule struck was taken at once.
    let slow = begin.elapsed();
    assert!(slow > Duration::from_millis(200), "{slow:?}");
    client.part(&upload.urls[0], bytes(2 * MIB)).await;
    assert_eq!(client.faults(), [None, Some("slow"), None]);
    client.stop().await;
}

/// Sends a request's head and a little of its body, then reads until the connection ends: what was answered, and
/// how it ended.
async fn half_sent(client: &Client, method: &str, url: &str) -> (String, std::io::Result<usize>) {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let token = client.sandbox.access_token();
    let partner = client.sandbox.partner_id();
    let credentials = format!("Authorization: Bearer {token}\r\nX-Preferred-Partner-Id: {partner}\r\n");
    let credentials = if method == "PUT" { String::new() } else { credentials };
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\n{credentials}\
         Content-Length: 5000000\r\n\r\nsome"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    (String::from_utf8(answer).unwrap(), end)
}

#[tokio::test]
async fn an_early_rejection_closes_behind_its_answer_while_the_body_is_on_its_way() {
    let client = Client::start().await;
    let (url, _) = client.presign().await;
    let api = format!("{}{MULTIPART}", client.sandbox.api_url());
    client.fault("object#1=reject:403");
    client.fault("object#1=reject:503,code:SlowDown,close:rst");
    client.fault("initiate#1=reject:413,code:TOO_LARGE");
    client.fault("initiate#1=reject:500,close:rst");
    for (method, url, status, code, closes_politely) in [
        ("PUT", &url, "HTTP/1.1 403", "AccessDenied", true),
        ("PUT", &url, "HTTP/1.1 503", "SlowDown", false),
        ("POST", &api, "HTTP/1.1 413", "TOO_LARGE", true),
        ("POST", &api, "HTTP/1.1 500", "INJECTED", false),
    ] {
        let (answer, end) = half_sent(&client, method, url).await;
        assert!(answer.starts_with(status) && answer.contains(code), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        let ended = end.as_ref().map_err(std::io::Error::kind);
        let expected = if closes_politely { Ok(()) } else { Err(std::io::ErrorKind::ConnectionReset) };
        assert_eq!(ended.map(drop), expected, "{status}");
    }
    assert!(client.faults()[1..].iter().all(|fault| *fault == Some("reject")));
    client.stop().await;
}
