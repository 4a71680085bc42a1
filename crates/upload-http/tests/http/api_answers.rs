use std::time::{Duration, SystemTime};

use upload_core::{TransportError, TransportErrorKind as Kind};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, path},
};

use crate::{
    IDLE, TOKEN, api,
    api::{abort_request, audience, complete_request, initiate_request},
    api_at, assert_no_secret, wire,
};

async fn abort_answered(template: ResponseTemplate) -> TransportError {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    api(&server).abort(1, &abort_request()).await.unwrap_err()
}

#[tokio::test]
async fn each_status_has_its_kind() {
    for (status, kind) in [
        (300, Kind::BadAnswer),
        (400, Kind::Rejected),
        (401, Kind::Unauthorized),
        (403, Kind::Forbidden),
        (404, Kind::NotFound),
        (405, Kind::Unsupported),
        (408, Kind::Stalled),
        (409, Kind::Rejected),
        (413, Kind::Rejected),
        (418, Kind::Rejected),
        (422, Kind::Rejected),
        (429, Kind::Throttled),
        (500, Kind::Server),
        (501, Kind::Unsupported),
        (502, Kind::Server),
        (503, Kind::Server),
        (504, Kind::Server),
    ] {
        let error = abort_answered(ResponseTemplate::new(status)).await;
        assert_eq!((error.kind, error.status), (kind, Some(status)), "{status}");
        assert!(error.message.contains(&status.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_the_platform_says() {
    let body = r#"{"message":"error.upload.type","error_code":"BAD_TYPE","validation_errors":[{"code":"T","row":2}]}"#;
    let error = abort_answered(ResponseTemplate::new(422).set_body_string(body)).await;
    assert_eq!(error.to_string(), "the API answered 422: error.upload.type; BAD_TYPE; T, row 2");
    assert_eq!(error.code.as_deref(), Some("BAD_TYPE"));
}

#[tokio::test]
async fn an_error_inside_a_success_is_an_error() {
    for (code, kind) in [
        ("InternalError", Kind::Server),
        ("SOMETHING_NEW", Kind::Server),
        ("SlowDown", Kind::Throttled),
        ("NoSuchUpload", Kind::NotFound),
        ("InvalidPart", Kind::Rejected),
    ] {
        let body = format!(r#"{{"message":"error.storage","error_code":"{code}","error_subcode":null}}"#);
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(200).set_body_string(body);
        Mock::given(any()).respond_with(template).mount(&server).await;
        let error = api(&server).complete(1, &complete_request()).await.unwrap_err();
        assert_eq!((error.kind, error.status, error.code.as_deref()), (kind, Some(200), Some(code)));
        let expected = format!("the API answered 200 with an error inside: error.storage; {code}");
        assert_eq!(error.to_string(), expected);
    }
    let server = MockServer::start().await;
    let body = r#"{"object_key":"k","error_code":null}"#;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string(body)).mount(&server).await;
    assert!(api(&server).complete(1, &complete_request()).await.is_ok(), "no code is no error");
}

#[tokio::test]
async fn a_403_names_the_partner_that_was_sent() {
    let error = abort_answered(ResponseTemplate::new(403)).await;
    assert_eq!(error.to_string(), "the API answered 403 for partner fd42");
}

#[tokio::test]
async fn a_5xx_keeps_the_request_id() {
    let error = abort_answered(ResponseTemplate::new(502).insert_header("x-request-id", "req-7")).await;
    assert_eq!(error.request_id.as_deref(), Some("req-7"));
    assert_eq!(error.to_string(), "the API answered 502 (request id req-7)");
}

#[tokio::test]
async fn retry_after_is_understood_in_both_forms() {
    let seconds = abort_answered(ResponseTemplate::new(429).insert_header("retry-after", "7")).await;
    assert_eq!(seconds.retry_after, Some(Duration::from_secs(7)));
    let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    let date = abort_answered(ResponseTemplate::new(503).insert_header("retry-after", later)).await;
    assert!(
        date.retry_after.is_some_and(|wait| wait.as_secs().abs_diff(3600) < 600),
        "{:?}",
        date.retry_after
    );
    assert_eq!(abort_answered(ResponseTemplate::new(429)).await.retry_after, None);
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let server = MockServer::start().await;
    let elsewhere =
        ResponseTemplate::new(307).insert_header("location", format!("{}/elsewhere", server.uri()));
    Mock::given(path("/api/v3/storage/multipart-upload")).respond_with(elsewhere).mount(&server).await;
    Mock::given(path("/elsewhere")).respond_with(ResponseTemplate::new(204)).expect(0).mount(&server).await;
    let error = api(&server).abort(1, &abort_request()).await.unwrap_err();
    assert_eq!((error.kind, error.status), (Kind::BadAnswer, Some(307)));
}

#[tokio::test]
async fn what_is_not_json_is_named_by_its_type_and_not_quoted() {
    for (body, content_type, trouble) in [
        (
            "<html>hush</html>",
            "text/html; charset=utf-8",
            "broken JSON (line 1, column 1; text/html; charset=utf-8)",
        ),
        (r#"{"upload_id":"hush"#, "application/json", "broken JSON"),
        (r#"{"upload_id":"","object_key":"hush"}"#, "application/json", "JSON of an unexpected shape"),
        ("", "application/json", "an empty body"),
    ] {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(200).set_body_raw(body, content_type);
        Mock::given(any()).respond_with(template).mount(&server).await;
        let error = api(&server).initiate(1, &audience(), &initiate_request()).await.unwrap_err();
        assert_eq!(error.kind, Kind::BadAnswer, "{body}");
        assert!(error.message.contains(trouble) && !error.message.contains("hush"), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_comes_back_in_an_answer_goes_no_further() {
    let body = format!(r#"{{"message":"no such token: {TOKEN}","error_code":"{TOKEN}"}}"#);
    let error = abort_answered(ResponseTemplate::new(401).set_body_string(body)).await;
    assert_no_secret(&format!("{error} {error:?}"));
    assert!(error.message.contains("no such token: (redacted)"), "{error}");
}

#[tokio::test]
async fn an_endless_error_body_is_not_read_to_its_end() {
    let error = abort_answered(ResponseTemplate::new(500).set_body_bytes(vec![b'x'; 10_000_000])).await;
    assert_eq!(error.to_string(), "the API answered 500");
}

#[tokio::test]
async fn a_success_without_bounds_is_refused() {
    let server = MockServer::start().await;
    let template = ResponseTemplate::new(200).set_body_bytes(vec![b' '; 33 * 1024 * 1024]);
    Mock::given(any()).respond_with(template).mount(&server).await;
    let error = api(&server).initiate(1, &audience(), &initiate_request()).await.unwrap_err();
    assert_eq!(error.kind, Kind::BadAnswer);
    assert_eq!(error.message, "the API answered with more than 32 MiB");
}

#[tokio::test]
async fn an_answer_that_stops_half_way_is_a_stall() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        tokio::io::AsyncWriteExt::write_all(&mut socket, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")
            .await
            .unwrap();
        tokio::time::sleep(IDLE * 20).await;
    })
    .await;
    let error = api_at(&base).complete(1, &complete_request()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Stalled, "{error}");
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_a_bad_answer() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        tokio::io::AsyncWriteExt::write_all(&mut socket, b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await.unwrap();
    })
    .await;
    let error = api_at(&base).abort(1, &abort_request()).await.unwrap_err();
    assert_eq!(error.kind, Kind::BadAnswer, "{error}");
}

#[tokio::test]
async fn a_lost_answer_is_a_reset() {
    let (base, _server) = wire::serve(|mut socket| async move {
        let (head, body) = wire::read_head(&mut socket).await;
        wire::read_body(&mut socket, body, wire::content_length(&head)).await;
    })
    .await;
    let error = api_at(&base).complete(1, &complete_request()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Reset, "{error}");
}
