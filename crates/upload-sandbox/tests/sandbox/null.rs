//! The storage that keeps no byte.

use reqwest::Method;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use upload_sandbox::{
    Backend, FaultAction, FaultRule, NullEtag, Operation, Sandbox, SandboxConfig, SandboxError,
};

use crate::client::{Client, MIB, bytes, refusal};

fn null(etag: NullEtag) -> SandboxConfig {
    SandboxConfig { backend: Backend::Null(etag), ..SandboxConfig::default() }
}

#[tokio::test]
async fn a_multipart_upload_by_presigned_urls_has_the_right_size_and_is_valid() {
    let client = Client::with(null(NullEtag::MadeUp)).await;
    let content = bytes(11 * MIB);
    let upload = client.initiate(content.len(), 5 * MIB).await;
    let mut etags = Vec::new();
    for (url, part) in upload.urls.iter().zip(content.chunks(5 * MIB)) {
        etags.push(client.part(url, part.to_vec()).await);
    }
    let [open] = &client.sandbox.open_uploads()[..] else { panic!("one is open") };
    assert_eq!((open.parts, open.bytes), (3, 11 * MIB as u64));
    let wrong: Vec<_> = (1..).zip(["a", "b", "c"]).collect();
    assert_eq!(client.complete(&upload, &wrong).await.0, 400, "ETags are compared here too");
    let parts: Vec<_> = (1..).zip(etags.iter().map(String::as_str)).collect();
    let (status, answer) = client.complete(&upload, &parts).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["etag"].as_str().unwrap().ends_with("-3"), "{answer}");
    let url = format!("{}/uploads/{}", client.sandbox.storage_url(), upload.key);
    let head = client.http.head(url).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), &head.headers()["content-length"]),
        (200, &(11 * MIB).to_string()[..].parse().unwrap())
    );
    let (status, answer) = client.validate(&upload.key).await;
    assert_eq!((status.as_u16(), &answer["valid"]), (200, &Value::Bool(true)));
    let folder = client.sandbox.storage_dir().to_owned();
    assert!(client.sandbox.shutdown().await.is_empty());
    assert!(!folder.exists(), "an empty folder is left behind");
}

#[tokio::test]
async fn an_aborted_upload_takes_no_part_any_more() {
    let client = Client::with(null(NullEtag::MadeUp)).await;
    let upload = client.initiate(6 * MIB, 5 * MIB).await;
    client.part(&upload.urls[0], bytes(5 * MIB)).await;
    assert_eq!(client.abort(&upload).await.0, 204);
    let late = client.put(&upload.urls[1], bytes(MIB)).send().await.unwrap();
    let (status, code, ..) = refusal(late).await;
    assert_eq!((status, &*code), (404, "NoSuchUpload"));
    assert!(client.sandbox.shutdown().await.is_empty());
}

#[tokio::test]
async fn an_empty_object_is_not_valid_and_one_that_is_not_there_is_not_found() {
    let client = Client::with(null(NullEtag::MadeUp)).await;
    let key = client.store(b"").await;
    let (status, answer) = client.validate(&key).await;
    assert_eq!((status.as_u16(), &answer["valid"]), (200, &Value::Bool(false)));
    let (_, missing) = client.presign().await;
    assert_eq!(client.validate(&missing).await.0, 404);
    let read = client.sandbox.read_object(&key).await;
    assert!(matches!(read, Err(SandboxError::Object { .. })), "there is nothing to read");
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn urls_end_here_too() {
    let config = SandboxConfig { url_life: std::time::Duration::ZERO, ..null(NullEtag::MadeUp) };
    let client = Client::with(config).await;
    let (url, _) = client.presign().await;
    // The shortest life is a second, so the URL is made older instead.
    let (before, date) = url.split_once("X-Amz-Date=").unwrap();
    let url = format!("{before}X-Amz-Date=2020{}", &date[4..]);
    let (status, code, ..) = refusal(client.put(&url, bytes(9)).send().await.unwrap()).await;
    assert_eq!((status, &*code), (403, "AccessDenied"));
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn md5s_are_answered_when_asked_for_also_out_of_signed_chunks() {
    let client = Client::with(null(NullEtag::Md5)).await;
    let url = format!("{}/bench/greeting", client.sandbox.storage_url());
    let hello = "\"5d41402abc4b2a76b9719d911017c592\"";
    let plain = client.put(&url, b"hello".to_vec()).send().await.unwrap();
    assert_eq!(plain.headers()["etag"], hello);
    let wrapped = "2;chunk-signature=ab\r\nhe\r\n3;chunk-signature=cd\r\nllo\r\n0;chunk-signature=ef\r\n\r\n";
    let send = |body: &'static str| {
        client
            .put(&url, body.into())
            .header("content-encoding", "aws-chunked")
            .header("x-amz-decoded-content-length", "5")
            .send()
    };
    assert_eq!(send(wrapped).await.unwrap().headers()["etag"], hello);
    let size = client.http.head(&url).send().await.unwrap();
    assert_eq!(size.headers()["content-length"], "5");
    let (status, code, ..) = refusal(send("2;chunk-signature=ab\r\nhe\r\n").await.unwrap()).await;
    assert_eq!((status, &*code), (400, "InvalidRequest"), "chunks without an end");
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn an_s3_client_goes_straight_to_it_into_any_bucket() {
    let client = Client::with(null(NullEtag::MadeUp)).await;
    let at = |place: &str| format!("{}/bench{place}", client.sandbox.storage_url());
    assert_eq!(client.http.put(at("")).send().await.unwrap().status(), 200);
    assert_eq!(client.http.head(at("/")).send().await.unwrap().status(), 200);
    let location = client.http.get(at("?location")).send().await.unwrap().text().await.unwrap();
    assert!(location.contains("<LocationConstraint"), "{location}");
    let created = client.http.post(at("/k?uploads")).send().await.unwrap().text().await.unwrap();
    let id = created.split_once("<UploadId>").unwrap().1.split_once('<').unwrap().0.to_owned();
    let mut list = String::from("<CompleteMultipartUpload>");
    for number in [1, 2] {
        let url = at(&format!("/k?partNumber={number}&uploadId={id}"));
        let put = client.http.put(url).body(bytes(5 * MIB)).send().await.unwrap();
        let etag = put.headers()["etag"].to_str().unwrap();
        list += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
    }
    let listed = client.http.get(at(&format!("/k?uploadId={id}&max-parts=1"))).send().await.unwrap();
    let listed = listed.text().await.unwrap();
    assert!(
        listed.contains("<IsTruncated>true</IsTruncated>") && listed.contains("<Size>5242880</Size>"),
        "{listed}"
    );
    let request =
        client.http.post(at(&format!("/k?uploadId={id}"))).body(list + "</CompleteMultipartUpload>");
    let completed = request.send().await.unwrap();
    assert_eq!(completed.status(), 200, "{:?}", completed.text().await);
    assert_eq!(client.http.head(at("/k")).send().await.unwrap().headers()["content-length"], "10485760");
    assert_eq!(client.http.request(Method::DELETE, at("/k")).send().await.unwrap().status(), 204);
    assert_eq!(client.http.head(at("/k")).send().await.unwrap().status(), 404);
    let (status, code, ..) = refusal(client.http.get(at("/k")).send().await.unwrap()).await;
    assert_eq!((status, &*code), (501, "NotImplemented"));
    client.sandbox.shutdown().await;
}

/// Sends bytes and answers what comes back until the connection ends.
async fn exchange(client: &Client, request: &[u8]) -> String {
    let address = client.sandbox.storage_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_client_that_waits_to_go_on_is_told_to_and_chunks_are_counted() {
    let client = Client::with(null(NullEtag::MadeUp)).await;
    let request =
        b"PUT /b/k HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n\
                    5\r\nhello\r\n0\r\n\r\nHEAD /b/k HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = exchange(&client, request).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("Content-Length: 5\r\n"), "{answer}");
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_connection_ends() {
    let client = Client::with(null(NullEtag::MadeUp)).await;
    for (request, status) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"[..], "400 "),
        (b"PUT /b/k HTTP/1.1\r\nContent-Length: 5368709121\r\n\r\n", "400 "),
        (b"PUT /b/k HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "501 "),
        (b"PUT /b/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n", "400 "),
        (
            b"PUT /b/k?uploadId=u&partNumber=1 HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
            "404 ",
        ),
    ] {
        let answer = exchange(&client, request).await;
        assert_eq!(answer.get(9..13), Some(status), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    }
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_fault_that_could_not_happen_there_is_an_error() {
    let fault = FaultRule::always(Operation::PutPart, FaultAction::Status(503));
    let config = SandboxConfig { faults: vec![fault], ..null(NullEtag::MadeUp) };
    let error = Sandbox::start(config).await.unwrap_err().to_string();
    assert!(error.contains("null storage"), "{error}");
}
