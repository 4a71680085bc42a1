use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use upload_sandbox::SandboxConfig;

use crate::client::{Client, MIB, bytes, read, refusal};

#[tokio::test]
async fn credentials_are_wanted_and_checked() {
    let client = Client::start().await;
    let url = format!("{}/v3/storage/presigned-url", client.sandbox.api_url());
    let partner = client.sandbox.partner_id().to_owned();
    let token = client.sandbox.access_token().to_owned();
    for (token, partner, status, code) in [
        (None, Some(&*partner), 401, "MISSING_TOKEN"),
        (Some("wrong"), Some(&*partner), 401, "INVALID_TOKEN"),
        (Some(&*token), None, 403, "MISSING_PARTNER"),
        (Some(&*token), Some("nobody"), 403, "INVALID_PARTNER"),
        (Some(&*token), Some("fd12"), 403, "WRONG_PARTNER"),
    ] {
        let mut request = client.http.post(&url).json(&json!({ "filename": "a" }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(partner) = partner {
            request = request.header("X-Preferred-Partner-Id", partner);
        }
        let (answered, body) = read(request.send().await.unwrap()).await;
        assert_eq!((answered.as_u16(), &body["error_code"]), (status, &json!(code)));
    }
    client.stop().await;
}

#[tokio::test]
async fn bodies_are_checked_strictly() {
    let client = Client::start().await;
    let path = "/v3/storage/multipart-upload";
    let good = json!({ "filename": "a.csv", "file_size": 1, "part_size": 1, "part_count": 1 });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, words) in [
        (with("part_count", json!(2)), "part_count 2"),
        (with("filename", json!("a/b.csv")), "folder"),
        (with("file_size", json!("1")), "invalid type"),
        (with("extra", json!(1)), "unknown field `extra`"),
        (json!([]), "object"),
    ] {
        let (status, answer) = client.call(Method::POST, path, body).await;
        assert_eq!(status, 422);
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
    let not_json = client.api(Method::POST, path).header("Content-Type", "application/json").body("{");
    assert_eq!(read(not_json.send().await.unwrap()).await.0, 422);
    assert_eq!(read(client.api(Method::POST, path).body("{}").send().await.unwrap()).await.0, 415);
    assert!(client.stop().await.is_empty(), "nothing was opened for a refused request");
}

#[tokio::test]
async fn the_upload_type_is_wanted_where_it_is_documented() {
    let client = Client::start().await;
    for (path, body) in [
        (
            "/v3/storage/multipart-upload",
            json!({ "filename": "a", "file_size": 1, "part_size": 1, "part_count": 1 }),
        ),
        ("/v3/storage/multipart-upload/validate", json!({ "object_key": "k" })),
    ] {
        let request = client
            .http
            .post(format!("{}{path}", client.sandbox.api_url()))
            .bearer_auth(client.sandbox.access_token())
            .header("X-Preferred-Partner-Id", client.sandbox.partner_id())
            .json(&body);
        let (status, answer) = read(request.send().await.unwrap()).await;
        assert!(status == 422 && answer["message"].as_str().unwrap().contains("X-Upload-Type"), "{answer}");
    }
    client.stop().await;
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_methods_are_checked() {
    let client = Client::start().await;
    let (status, _) = client.call(Method::GET, "/v3/nothing", json!({})).await;
    assert_eq!(status, 404);
    let (status, answer) = client.call(Method::POST, "/v3/status/", json!({})).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (405, &json!("METHOD_NOT_ALLOWED")));
    let (status, _) = client.call(Method::GET, "/v3/partners/?x=1", json!({})).await;
    assert_eq!(status, 422);
    client.stop().await;
}

#[tokio::test]
async fn an_expired_url_is_refused_while_the_body_is_on_its_way() {
    let config = SandboxConfig { url_life: Duration::from_secs(1), ..SandboxConfig::default() };
    let client = Client::with(config).await;
    let (url, _) = client.presign().await;
    // Signatures count whole seconds; this is the wall clock of two processes, so no virtual time can help.
    let begin = Instant::now();
    loop {
        let response = client.put(&url, bytes(2 * MIB)).send().await.unwrap();
        if response.status() == 403 {
            let (_, code, mistake, message) = refusal(response).await;
            assert_eq!((&*code, mistake, &*message), ("AccessDenied", None, "Request has expired"));
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "it never expired");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    client.stop().await;
}

#[tokio::test]
async fn a_url_that_was_tampered_with_is_refused() {
    let client = Client::start().await;
    let upload = client.initiate(10 * MIB, 5 * MIB).await;
    let url = upload.urls[0].replace("partNumber=1", "partNumber=2");
    let (status, code, mistake, _) = refusal(client.put(&url, b"x".to_vec()).send().await.unwrap()).await;
    assert_eq!((status, &*code, mistake), (403, "SignatureDoesNotMatch", None));
    let bare = upload.urls[0].split_once('?').unwrap().0;
    assert_eq!(client.put(bare, b"x".to_vec()).send().await.unwrap().status(), 403);
    assert_eq!(client.http.get(bare).send().await.unwrap().status(), 403);
    client.abort(&upload).await;
    client.stop().await;
}

/// Writes a request by hand and reads the answer's first bytes.
async fn raw(client: &Client, url: &str, rest: &str) -> String {
    let host = client.sandbox.storage_url().trim_start_matches("http://");
    let target = url.strip_prefix(client.sandbox.storage_url()).unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request =
        format!("PUT {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\n{rest}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_body_without_a_length_is_refused() {
    let client = Client::start().await;
    let (url, _) = client.presign().await;
    let chunked = raw(&client, &url, "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n").await;
    assert!(chunked.starts_with("HTTP/1.1 501") && chunked.contains("NotImplemented"), "{chunked}");
    let none = raw(&client, &url, "\r\n").await;
    assert!(none.starts_with("HTTP/1.1 411") && none.contains("MissingContentLength"), "{none}");
    client.stop().await;
}

#[tokio::test]
async fn a_client_that_waits_for_continue_gets_the_refusal_instead() {
    let client = Client::start().await;
    let (url, _) = client.presign().await;
    let head = "Expect: 100-continue\r\nContent-Length: 9\r\nAuthorization: Bearer t\r\n\r\n";
    let answer = raw(&client, &url, head).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("InvalidArgument"), "{answer}");
    client.stop().await;
}

#[tokio::test]
async fn open_connections_do_not_hold_up_the_end() {
    let client = Client::start().await;
    let host = client.sandbox.storage_url().trim_start_matches("http://").to_owned();
    let _idle = TcpStream::connect(&host).await.unwrap();
    let (url, _) = client.presign().await;
    let target = url.strip_prefix(client.sandbox.storage_url()).unwrap();
    let mut half = TcpStream::connect(&host).await.unwrap();
    let request = format!(
        "PUT {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: 100\r\n\r\nhalf"
    );
    half.write_all(request.as_bytes()).await.unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(20), client.stop()).await;
    assert!(stopped.is_ok(), "a half-sent body held the sandbox up");
}
