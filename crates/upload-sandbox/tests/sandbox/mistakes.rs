use reqwest::Method;
use serde_json::json;
use upload_sandbox::{LogEntry, Mistake};

use crate::client::{Client, bytes, read, refusal};

/// The last request stands in the log with this mistake, status and code.
fn logged(client: &Client, mistake: Mistake) -> LogEntry {
    let entry = client.sandbox.log().pop().unwrap();
    assert_eq!(entry.mistake, Some(mistake), "{entry:?}");
    entry
}

#[tokio::test]
async fn versioned_media_is_named() {
    let client = Client::start().await;
    let response = client.api(Method::POST, "/v3/media").body("x").send().await.unwrap();
    assert_eq!(response.headers()["x-sandbox-mistake"], "versioned_media");
    let (status, body) = read(response).await;
    assert_eq!((status.as_u16(), &body["mistake"]), (404, &json!("versioned_media")));
    assert!(body["message"].as_str().unwrap().contains("POST /api/media"));
    assert_eq!(logged(&client, Mistake::VersionedMedia).status, Some(404));
    client.stop().await;
}

#[tokio::test]
async fn a_missing_or_other_content_type_is_named() {
    let client = Client::start().await;
    let (url, _) = client.presign().await;
    for request in [client.http.put(&url), client.http.put(&url).header("Content-Type", "text/csv")] {
        let (status, code, mistake, message) = refusal(request.body("x").send().await.unwrap()).await;
        assert_eq!((status, &*code), (403, "SignatureDoesNotMatch"));
        assert_eq!(mistake.as_deref(), Some("missing_content_type"));
        assert!(message.contains("application/octet-stream"), "{message}");
        assert_eq!(logged(&client, Mistake::MissingContentType).error_code.as_deref(), Some(&*code));
    }
    client.stop().await;
}

#[tokio::test]
async fn credentials_sent_to_storage_are_named() {
    let client = Client::start().await;
    let (url, key) = client.presign().await;
    for (header, value, expected) in [
        ("Authorization", "Bearer t", (400, "InvalidArgument")),
        ("X-Preferred-Partner-Id", "partner-id-sandbox", (403, "SignatureDoesNotMatch")),
    ] {
        // Large enough not to fit any socket buffer: the answer must arrive nevertheless.
        let request = client.put(&url, bytes(20_000_000)).header(header, value);
        let (status, code, mistake, _) = refusal(request.send().await.unwrap()).await;
        assert_eq!((status, &*code), expected);
        assert_eq!(mistake.as_deref(), Some("credentials_to_storage"));
        logged(&client, Mistake::CredentialsToStorage);
    }
    assert!(!client.sandbox.object_path(&key).exists());
    client.stop().await;
}

#[tokio::test]
async fn a_quoted_etag_is_named_and_the_upload_stays_open() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    let (status, body) = client.complete(&upload, &[(1, &format!("\"{etag}\""))]).await;
    assert_eq!((status.as_u16(), &body["mistake"]), (400, &json!("quoted_etag")));
    logged(&client, Mistake::QuotedEtag);
    assert_eq!(client.complete(&upload, &[(1, &etag)]).await.0, 200);
    client.stop().await;
}

#[tokio::test]
async fn an_upload_left_open_is_listed_and_parts_after_its_abort_are_named() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let other = client.initiate(1, 1).await;
    let url = client.sandbox.api_url().replace("/api", "/_sandbox/uploads");
    let listed: serde_json::Value = client.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["open"].as_array().unwrap().len(), 2);
    assert!(listed["hint"].as_str().unwrap().contains("upload_left_open"));

    assert_eq!(client.abort(&upload).await.0, 204);
    let late = client.put(&upload.urls[0], b"x".to_vec()).send().await.unwrap();
    let (status, code, mistake, _) = refusal(late).await;
    assert_eq!((status, &*code, mistake.as_deref()), (404, "NoSuchUpload", Some("upload_left_open")));
    logged(&client, Mistake::UploadLeftOpen);
    let left = client.stop().await;
    assert_eq!(left.iter().map(|open| &open.upload_id).collect::<Vec<_>>(), [&other.id]);
}

#[tokio::test]
async fn a_proper_upload_makes_none() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    client.complete(&upload, &[(1, &etag)]).await;
    client.validate(&upload.key).await;
    let log = client.sandbox.log();
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|entry| entry.mistake.is_none()), "{log:?}");
    assert!(client.stop().await.is_empty());
}
