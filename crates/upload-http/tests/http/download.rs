//! Customer lists: whole, from where they broke off, and everything that is no customer list.

use futures::TryStreamExt;
use tokio::io::AsyncWriteExt;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_http::{Download, ResumePoint, Validator};
use upload_proto::PackageStatus;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, header_exists, method, path},
};

use crate::{TOKEN, api, api_at, assert_no_secret, wire};

const LIST: &str = "id,name\n1,a\n2,b\n";
const CUSTOMERS: &str = "/api/v3/package_builder/packages/p%2F1/customers.csv";

fn csv(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("etag", "\"v1\"")
}

fn from(offset: u64) -> ResumePoint {
    ResumePoint { offset, total: Some(LIST.len() as u64), validator: Validator::ETag("v1".parse().unwrap()) }
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).and(path(CUSTOMERS)).respond_with(answer).mount(&server).await;
    server
}

async fn begin(server: &MockServer, from: Option<&ResumePoint>) -> Result<Download, TransportError> {
    api(server).package_customers(1, "p/1", from).await
}

async fn bytes(download: Download) -> Result<Vec<u8>, TransportError> {
    download.bytes.try_fold(Vec::new(), async |all, chunk| Ok([all, chunk.to_vec()].concat())).await
}

/// What a server of bare sockets comes to that answers everything with this text and then closes.
async fn raw(answer: &'static str, from: Option<&ResumePoint>) -> Result<Vec<u8>, TransportError> {
    let (base, _server) = wire::serve(move |mut socket| async move {
        wire::read_head(&mut socket).await;
        socket.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    bytes(api_at(&base).package_customers(1, "p", from).await?).await
}

#[tokio::test]
async fn a_package_is_asked_for_by_its_encoded_id_and_its_status_is_read() {
    let server = MockServer::start().await;
    let answer =
        ResponseTemplate::new(200).set_body_raw(r#"{"status":"INPROGRESS","x":1}"#, "application/json");
    Mock::given(method("GET"))
        .and(path("/api/v3/package_builder/packages/p%2F1"))
        .and(header("authorization", format!("Bearer {TOKEN}")))
        .respond_with(answer)
        .mount(&server)
        .await;
    assert_eq!(api(&server).package(1, "p/1").await.unwrap().status, PackageStatus::InProgress);
    assert_eq!(api(&server).package(1, "other").await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(api(&server).package(1, "..").await.unwrap_err().kind, Kind::Other, "nothing is sent for it");
}

#[tokio::test]
async fn a_whole_list_comes_with_its_length_and_validator_and_unencoded() {
    let server = answering(csv(200).set_body_raw(LIST, "text/csv; charset=utf-8")).await;
    let download = begin(&server, None).await.unwrap();
    assert_eq!((download.offset, download.total), (0, Some(LIST.len() as u64)));
    assert_eq!(download.validator, Some(Validator::ETag("v1".parse().unwrap())));
    assert_eq!(bytes(download).await.unwrap(), LIST.as_bytes());
    let request = server.received_requests().await.unwrap().remove(0);
    assert_eq!(request.headers["accept-encoding"], "identity");
    assert!(request.headers.get("range").is_none() && request.headers.get("if-range").is_none());
    assert!(request.headers.get("x-preferred-partner-id").is_some());
}

#[tokio::test]
async fn the_rest_of_a_list_is_asked_for_under_the_condition_that_it_is_the_same() {
    let server = MockServer::start().await;
    let rest = csv(206).insert_header("content-range", "bytes 8-15/16").set_body_raw(&LIST[8..], "text/csv");
    Mock::given(header("range", "bytes=8-"))
        .and(header("if-range", "\"v1\""))
        .respond_with(rest)
        .expect(1)
        .mount(&server)
        .await;
    let download = begin(&server, Some(&from(8))).await.unwrap();
    assert_eq!((download.offset, download.total), (8, Some(16)));
    assert_eq!(bytes(download).await.unwrap(), &LIST.as_bytes()[8..]);
}

#[tokio::test]
async fn a_whole_list_for_an_answer_to_a_range_means_starting_over() {
    let server = MockServer::start().await;
    let other = csv(200).insert_header("etag", "\"v2\"").set_body_raw(LIST, "text/csv");
    Mock::given(header_exists("range")).respond_with(other).mount(&server).await;
    let download = begin(&server, Some(&from(8))).await.unwrap();
    assert_eq!(download.offset, 0);
    assert_eq!(download.validator, Some(Validator::ETag("v2".parse().unwrap())));
    assert_eq!(bytes(download).await.unwrap(), LIST.as_bytes());
}

#[tokio::test]
async fn a_range_past_the_end_is_the_end_where_the_length_is_the_same_and_a_refusal_elsewhere() {
    let server = answering(ResponseTemplate::new(416).insert_header("content-range", "bytes */16")).await;
    let download = begin(&server, Some(&from(16))).await.unwrap();
    assert_eq!((download.offset, download.total), (16, Some(16)));
    assert_eq!(bytes(download).await.unwrap(), b"");
    for offset in [8, 20] {
        let error = begin(&server, Some(&from(offset))).await.unwrap_err();
        assert_eq!((error.kind, error.status), (Kind::Rejected, Some(416)), "{offset}");
    }
    let error = begin(&answering(ResponseTemplate::new(416)).await, Some(&from(16))).await.unwrap_err();
    assert_eq!(error.status, Some(416));
}

#[tokio::test]
async fn a_range_that_was_not_asked_for_is_no_answer() {
    for range in
        ["bytes 7-15/16", "bytes 8-14/16", "bytes 8-15/17", "bytes 8-15/*", "bytes 8-7", "pages 8-15/16", ""]
    {
        let answer = csv(206).insert_header("content-range", range).set_body_raw(&LIST[8..], "text/csv");
        let error = begin(&answering(answer).await, Some(&from(8))).await.unwrap_err();
        assert_eq!(error.kind, Kind::BadAnswer, "{range}");
    }
    let short = csv(206).insert_header("content-range", "bytes 8-15/16").set_body_raw("2,b", "text/csv");
    assert_eq!(begin(&answering(short).await, Some(&from(8))).await.unwrap_err().kind, Kind::BadAnswer);
    let range = ("content-range", "bytes 8-15/16");
    let other = csv(206).insert_header("etag", "\"v2\"").insert_header(range.0, range.1);
    let other = other.set_body_raw(&LIST[8..], "text/csv");
    let error = begin(&answering(other).await, Some(&from(8))).await.unwrap_err();
    assert!(error.kind == Kind::BadAnswer && error.message.contains("another version"), "{error}");
    let unasked = csv(206).insert_header(range.0, range.1).set_body_raw(&LIST[8..], "text/csv");
    assert_eq!(begin(&answering(unasked).await, None).await.unwrap_err().kind, Kind::BadAnswer);
}

#[tokio::test]
async fn a_page_json_or_an_encoded_body_is_no_customer_list() {
    for kind in ["text/html; charset=utf-8", "application/json", "text/csvx"] {
        let error = begin(&answering(csv(200).set_body_raw(LIST, kind)).await, None).await.unwrap_err();
        assert!(error.kind == Kind::BadAnswer && error.message.contains(kind), "{error}");
    }
    let gzip = csv(200).insert_header("content-encoding", "gzip").set_body_raw(LIST, "text/csv");
    assert_eq!(begin(&answering(gzip).await, None).await.unwrap_err().kind, Kind::BadAnswer);
    let nothing = csv(204).insert_header("content-type", "text/csv");
    assert_eq!(begin(&answering(nothing).await, None).await.unwrap_err().kind, Kind::BadAnswer);
}

#[tokio::test]
async fn what_the_platform_refuses_keeps_its_kind_and_wait() {
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "7");
    let error = begin(&answering(busy).await, None).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after.unwrap().as_secs()), (Kind::Server, 7));
    let gone = ResponseTemplate::new(404).set_body_string(format!(r#"{{"message":"no {TOKEN}"}}"#));
    let error = begin(&answering(gone).await, None).await.unwrap_err();
    assert_eq!(error.kind, Kind::NotFound);
    assert_no_secret(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn a_body_that_ends_early_is_a_broken_connection() {
    let cut =
        raw("HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 16\r\n\r\nid,name\n1", None).await;
    assert_eq!(cut.unwrap_err().kind, Kind::Reset);
    let cut = raw(
        "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n5\r\nid,na",
        None,
    )
    .await;
    assert_eq!(cut.unwrap_err().kind, Kind::Reset);
    let whole = raw(
        "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n3\r\na,b\r\n0\r\n\r\n",
        None,
    );
    assert_eq!(whole.await.unwrap(), b"a,b");
    // Where nothing says how long it is, an early end would look like the end.
    let endless =
        raw("HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\nconnection: close\r\n\r\nid,name\n1", None).await;
    assert_eq!(endless.unwrap_err().kind, Kind::BadAnswer);
    let point = from(8);
    let chunked_rest = raw(
        "HTTP/1.1 206 P\r\ncontent-type: text/csv\r\ncontent-range: bytes 8-15/16\r\ntransfer-encoding: chunked\r\n\r\n\
         3\r\n1,a\r\n0\r\n\r\n",
        Some(&point),
    );
    assert_eq!(chunked_rest.await.unwrap_err().kind, Kind::Reset, "its end is early by its range");
}

#[tokio::test]
async fn a_body_that_stops_is_given_up_after_the_idle_timeout() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 16\r\n\r\nid,name\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let mut download = api_at(&base).package_customers(1, "p", None).await.unwrap();
    assert_eq!(download.bytes.try_next().await.unwrap().unwrap(), "id,name\n");
    let error = download.bytes.try_next().await.unwrap_err();
    assert_eq!(error.kind, Kind::Stalled, "{error}");
    assert!(download.bytes.try_next().await.unwrap().is_none(), "nothing comes after an error");
}
