use std::time::{Duration, SystemTime};

use serde_json::json;
use upload_sandbox::Operation;

use crate::client::{Client, MIB, bytes, read, refusal};

#[tokio::test]
async fn a_status_is_answered_as_often_as_the_rule_says() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.fault("part#2=status:503");
    for _ in 0..2 {
        let response = client.put(&upload.urls[0], bytes(8 * MIB)).send().await.unwrap();
        assert!(!response.headers().contains_key("retry-after"));
        let (status, code, ..) = refusal(response).await;
        assert_eq!((status, &*code), (503, "SlowDown"));
    }
    client.part(&upload.urls[0], b"x".to_vec()).await;
    assert_eq!(client.faults(), [None, Some("status"), Some("status"), None]);
    client.stop().await;
}

#[tokio::test]
async fn a_status_has_the_code_and_the_wait_it_was_given() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.fault("part#1=status:400,code:RequestTimeout");
    client.fault("part#1=status:429,code:Throttled,retry_after:7");
    client.fault("complete=status:429,code:TRY_LATER,retry_after:3");
    let put = || client.put(&upload.urls[0], b"x".to_vec()).send();
    let (status, code, ..) = refusal(put().await.unwrap()).await;
    assert_eq!((status, &*code), (400, "RequestTimeout"));
    let response = put().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(refusal(response).await.1, "Throttled");
    let body = json!({ "upload_id": upload.id, "object_key": upload.key, "parts": [] });
    let request = client.api(reqwest::Method::PUT, "/v3/storage/multipart-upload").json(&body);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "3");
    let (status, answer) = read(response).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (429, &json!("TRY_LATER")));
    client.stop().await;
}

#[tokio::test]
async fn every_api_operation_can_be_refused() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    for operation in [Operation::INITIATE, Operation::COMPLETE, Operation::VALIDATE, Operation::ABORT] {
        client.fault(&format!("{operation}=status:500"));
    }
    assert_eq!(client.complete(&upload, &[]).await.0, 500);
    assert_eq!(client.initiate_raw(1, 1).await.0, 500);
    assert_eq!(client.validate("k").await.0, 500);
    assert_eq!(client.abort(&upload).await.0, 500);
    client.sandbox.clear_faults();
    assert_eq!(client.abort(&upload).await.0, 204);
    client.stop().await;
}

#[tokio::test]
async fn a_url_is_called_expired_in_s3s_words_with_its_times() {
    let client = Client::start().await;
    let (url, _) = client.presign().await;
    client.fault("object#1=expire");
    let response = client.put(&url, bytes(MIB)).send().await.unwrap();
    assert_eq!(response.status(), 403);
    let xml = response.text().await.unwrap();
    for piece in [
        "<Code>AccessDenied</Code>",
        "<Message>Request has expired</Message>",
        "<Expires>20",
        "<ServerTime>20",
    ] {
        assert!(xml.contains(piece), "{xml}");
    }
    assert_eq!(client.put(&url, bytes(MIB)).send().await.unwrap().status(), 200);
    client.stop().await;
}

#[tokio::test]
async fn clocks_are_called_too_far_apart_with_a_date_that_shows_it() {
    let client = Client::start().await;
    let (url, _) = client.presign().await;
    client.fault("object#1=skew:-7200");
    let response = client.put(&url, b"x".to_vec()).send().await.unwrap();
    let date = httpdate::parse_http_date(response.headers()["date"].to_str().unwrap()).unwrap();
    let behind = SystemTime::now().duration_since(date).unwrap();
    assert!(behind.abs_diff(Duration::from_secs(7200)) < Duration::from_secs(60), "{behind:?}");
    let (status, code, ..) = refusal(response).await;
    assert_eq!((status, &*code), (403, "RequestTimeTooSkewed"));
    client.stop().await;
}
