use upload_core::TransportErrorKind as Kind;
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, CompletedPart, InitiateRequest, PartNumber,
    PresignRequest, UploadType, ValidateRequest,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_json_string, method, path},
};

use crate::{SIGNATURE, TOKEN, api};

pub(crate) fn audience() -> UploadType {
    "audience_csv".parse().unwrap()
}

pub(crate) fn initiate_request() -> InitiateRequest {
    InitiateRequest { filename: "a.csv".into(), file_size: 3, part_size: 5_242_880, part_count: 1 }
}

pub(crate) fn abort_request() -> AbortRequest {
    AbortRequest { upload_id: "u".parse().unwrap(), object_key: "k".parse().unwrap() }
}

pub(crate) fn complete_request() -> CompleteRequest {
    CompleteRequest {
        upload_id: "u".parse().unwrap(),
        object_key: "k".parse().unwrap(),
        parts: vec![CompletedPart { part_number: PartNumber::FIRST, etag: "\"e\"".parse().unwrap() }],
    }
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    server
}

/// The headers of the only request, without those every HTTP client sends.
async fn headers_of_the_only_request(server: &MockServer) -> Vec<(String, String)> {
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    let mut headers: Vec<(String, String)> = requests[0]
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .filter(|(name, _)| !["host", "accept", "user-agent", "content-length"].contains(&name.as_str()))
        .collect();
    headers.sort();
    headers
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn initiate_carries_credentials_type_and_body() {
    let server = MockServer::start().await;
    let answer = format!(r#"{{"upload_id":"u","object_key":"k","parts":["https://s/1?{SIGNATURE}"]}}"#);
    Mock::given(method("POST"))
        .and(path("/api/v3/storage/multipart-upload"))
        .and(body_json_string(r#"{"filename":"a.csv","file_size":3,"part_size":5242880,"part_count":1}"#))
        .respond_with(ResponseTemplate::new(201).set_body_raw(answer, "application/json"))
        .mount(&server)
        .await;
    let response = api(&server).initiate(1, &audience(), &initiate_request()).await.unwrap();
    assert_eq!(response.upload_id.as_str(), "u");
    assert_eq!(response.parts.urls().len(), 1);
    let expected = pairs(&[
        ("authorization", &format!("Bearer {TOKEN}")),
        ("content-type", "application/json"),
        ("x-preferred-partner-id", "fd42"),
        ("x-upload-type", "audience_csv"),
    ]);
    assert_eq!(headers_of_the_only_request(&server).await, expected);
}

#[tokio::test]
async fn status_carries_no_credentials() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let server = answering(ResponseTemplate::new(200).insert_header("date", date)).await;
    let clock = api(&server).status(1).await.unwrap().unwrap();
    assert_eq!(clock.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), 784_111_777);
    assert_eq!(headers_of_the_only_request(&server).await, []);
    assert_eq!(server.received_requests().await.unwrap()[0].url.path(), "/api/v3/status/");
}

#[tokio::test]
async fn partners_proves_the_credentials_and_must_answer_json() {
    let server = answering(ResponseTemplate::new(200).set_body_raw("[]", "application/json")).await;
    api(&server).partners(1).await.unwrap();
    let credentials =
        pairs(&[("authorization", &format!("Bearer {TOKEN}")), ("x-preferred-partner-id", "fd42")]);
    assert_eq!(headers_of_the_only_request(&server).await, credentials);
    let portal = answering(ResponseTemplate::new(200).set_body_raw("<html>", "text/html")).await;
    assert_eq!(api(&portal).partners(1).await.unwrap_err().kind, Kind::BadAnswer);
    assert_eq!(api(&portal).status(1).await.unwrap_err().kind, Kind::BadAnswer);
}

#[tokio::test]
async fn presign_sends_a_type_only_where_there_is_one() {
    let answer = format!(r#"{{"url":"https://s/1?{SIGNATURE}","object_key":"k"}}"#);
    let request = PresignRequest { filename: "a.csv".into() };
    for upload_type in [None, Some(audience())] {
        let server = answering(ResponseTemplate::new(200).set_body_string(&answer)).await;
        api(&server).presign(1, upload_type.as_ref(), &request).await.unwrap();
        let sent = headers_of_the_only_request(&server).await;
        let sent_type =
            sent.iter().find(|(name, _)| name == "x-upload-type").map(|(_, value)| value.as_str());
        assert_eq!(sent_type, upload_type.as_ref().map(UploadType::as_str));
    }
}

#[tokio::test]
async fn complete_lists_bare_etags_and_takes_an_empty_body_for_success() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path("/api/v3/storage/multipart-upload"))
        .and(body_json_string(r#"{"upload_id":"u","object_key":"k","parts":[{"part_number":1,"etag":"e"}]}"#))
        .respond_with(ResponseTemplate::new(200).set_body_string(" \n"))
        .mount(&server)
        .await;
    let response = api(&server).complete(1, &complete_request()).await.unwrap();
    assert_eq!(response, CompleteResponse::default());
}

#[tokio::test]
async fn abort_takes_any_body_of_a_success() {
    for template in [
        ResponseTemplate::new(204),
        ResponseTemplate::new(200).set_body_raw("<p>gone</p>", "text/html"),
        ResponseTemplate::new(200).set_body_string(r#"{"aborted":true}"#),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("DELETE"))
            .and(path("/api/v3/storage/multipart-upload"))
            .and(body_json_string(r#"{"upload_id":"u","object_key":"k"}"#))
            .respond_with(template)
            .mount(&server)
            .await;
        api(&server).abort(1, &abort_request()).await.unwrap();
    }
}

#[tokio::test]
async fn a_verdict_on_the_content_is_an_answer_not_an_error() {
    let verdict = r#"{"valid":false,"validation_errors":[{"code":"ROW_3","row":3}]}"#;
    let server = answering(ResponseTemplate::new(200).set_body_string(verdict)).await;
    let request = ValidateRequest { object_key: "k".parse().unwrap() };
    let response = api(&server).validate(1, &audience(), &request).await.unwrap();
    assert!(!response.accepted());
    assert_eq!(
        server.received_requests().await.unwrap()[0].url.path(),
        "/api/v3/storage/multipart-upload/validate"
    );
}

#[tokio::test]
async fn an_upload_that_is_opened_and_refused_at_once_is_aborted() {
    let server = MockServer::start().await;
    let opened = r#"{"upload_id":"u","object_key":"k","parts":[],"validation_errors":[{"code":"BAD_NAME"}]}"#;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_string(opened))
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(body_json_string(r#"{"upload_id":"u","object_key":"k"}"#))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let error = api(&server).initiate(1, &audience(), &initiate_request()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Rejected);
    assert_eq!(error.to_string(), "the API answered 200: BAD_NAME");
}

#[tokio::test]
async fn a_presign_refused_inside_a_success_is_a_refusal() {
    let body = format!(
        r#"{{"url":"https://s/1?{SIGNATURE}","object_key":"k","validation_errors":[{{"code":"X"}}]}}"#
    );
    let server = answering(ResponseTemplate::new(200).set_body_string(body)).await;
    let error = api(&server).presign(1, None, &PresignRequest { filename: "a".into() }).await.unwrap_err();
    assert_eq!((error.kind, error.status), (Kind::Rejected, Some(200)));
}
