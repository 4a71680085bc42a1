use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};

use crate::client::{Client, MIB, bytes, refusal};

const MULTIPART: &str = "/v3/storage/multipart-upload";

fn initiate() -> Value {
    json!({ "filename": "a.csv", "file_size": 1, "part_size": 1, "part_count": 1 })
}

#[tokio::test]
async fn a_success_can_hold_an_error_and_nothing_is_done() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.fault("part#1=error_in_200");
    client.fault("complete#1=error_in_200,code:STORAGE_ERROR");
    let response = client.put(&upload.urls[0], bytes(MIB)).send().await.unwrap();
    assert!(!response.headers().contains_key("etag"));
    let (status, code, ..) = refusal(response).await;
    assert_eq!((status, &*code), (200, "InternalError"));
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    let (status, answer) = client.complete(&upload, &[(1, &etag)]).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (200, &json!("STORAGE_ERROR")));
    assert_eq!(client.sandbox.open_uploads()[0].parts, 1, "it was not completed");
    client.stop().await;
}

#[tokio::test]
async fn a_page_can_stand_where_the_answer_should_be() {
    let client = Client::start().await;
    client.fault("initiate#1=garbage");
    client.fault("object#1=garbage:502");
    let response = client.api(Method::POST, MULTIPART).json(&initiate()).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE"));
    assert_eq!(client.sandbox.open_uploads().len(), 1, "it was carried out");
    let (url, _) = client.presign().await;
    let response = client.put(&url, bytes(MIB)).send().await.unwrap();
    assert_eq!(response.status(), 502);
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE"));
    client.stop().await;
}

#[tokio::test]
async fn json_can_end_half_way_with_a_length_that_fits() {
    let client = Client::start().await;
    client.fault("initiate#1=truncate");
    let response = client.api(Method::POST, MULTIPART).json(&initiate()).send().await.unwrap();
    let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let text = response.text().await.unwrap();
    assert_eq!(text.len(), length);
    assert!(text.starts_with('{') && serde_json::from_str::<Value>(&text).is_err(), "{text}");
    assert_eq!(client.sandbox.open_uploads().len(), 1, "it was carried out");
    client.stop().await;
}

#[tokio::test]
async fn a_redirect_leads_to_the_same_path_under_another_host_name() {
    let mut client = Client::start().await;
    client.http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let (url, _) = client.presign().await;
    client.fault("initiate#1=redirect");
    client.fault("object#1=redirect:301");
    let response = client.api(Method::POST, MULTIPART).json(&initiate()).send().await.unwrap();
    assert_eq!(response.status(), 307);
    let api = format!("{}{MULTIPART}", client.sandbox.api_url()).replace("127.0.0.1", "localhost");
    assert_eq!(response.headers()["location"], api);
    let response = client.put(&url, b"x".to_vec()).send().await.unwrap();
    assert_eq!(response.status(), 301);
    assert_eq!(response.headers()["location"], url.replace("127.0.0.1", "localhost"));
    assert!(client.stop().await.is_empty(), "nothing was opened");
}
