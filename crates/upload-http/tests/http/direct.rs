//! Files in one request each, and batches of records: what is sent, and the two faces of a success.

use upload_core::{MemorySource, Progress, TransportErrorKind as Kind};
use upload_http::{ApiClient, FormFile};
use upload_proto::{AccessToken, ApiHosts, BulkUploadOutcome, EventType, IngestKind};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

use crate::{TOKEN, network};

/// A client that knows both of the platform's hosts.
fn client(server: &MockServer) -> ApiClient {
    let hosts = ApiHosts {
        api: format!("{}/api/v3", server.uri()).parse().unwrap(),
        cr: Some(format!("{}/cr/api", server.uri()).parse().unwrap()),
    };
    ApiClient::new(hosts, TOKEN.parse::<AccessToken>().unwrap(), "fd42".parse().unwrap(), &network()).unwrap()
}

async fn answering(at: &str, body: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/json");
    Mock::given(method("POST")).and(path(at)).respond_with(answer).mount(&server).await;
    server
}

async fn events(body: &str) -> Result<BulkUploadOutcome, upload_core::TransportError> {
    let server = answering("/cr/api/events/bulk_upload", body).await;
    let (source, progress) = (MemorySource::new("rows"), Progress::default());
    let file = FormFile {
        filename: "e.xlsx",
        content_type: "application/zip",
        source: &source,
        progress: &progress,
    };
    client(&server).event_workbook(1, EventType::Prisma, &file).await
}

#[tokio::test]
async fn media_goes_to_the_unversioned_root_as_a_form_of_exact_length_with_its_bytes_counted() {
    let answer = r#"{"type":"image","url":"https://cdn/c.jpg","filename":"ü \"1\".jpg"}"#;
    let server = answering("/api/media", answer).await;
    let (source, progress) = (MemorySource::new("the bytes"), Progress::default());
    let file = FormFile {
        filename: "ü \"1\".jpg",
        content_type: "image/jpeg",
        source: &source,
        progress: &progress,
    };
    let asset = client(&server).media(1, &file).await.unwrap();
    assert_eq!((asset.kind.as_str(), asset.url.as_str()), ("image", "https://cdn/c.jpg"));
    assert_eq!((progress.sent(), progress.stored()), (9, 9));

    let request = server.received_requests().await.unwrap().remove(0);
    let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-length"), Some(request.body.len().to_string()));
    assert_eq!(header("transfer-encoding"), None);
    assert!(header("authorization").is_some() && header("x-preferred-partner-id").is_some());
    let kind = header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8(request.body).unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ü \\\"1\\\".jpg\"\r\n\
         Content-Type: image/jpeg\r\n\r\nthe bytes\r\n--{boundary}--\r\n"
    );
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_event_id_with_slashes_and_spaces_is_one_query_parameter() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v3/ingest/transaction_summary/from_excel"))
        .and(query_param("eid", "a/b c&d"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let (source, progress) = (MemorySource::new("rows"), Progress::default());
    let file = FormFile { filename: "s.xlsx", content_type: "x/y", source: &source, progress: &progress };
    client(&server).sales_workbook(1, "a/b c&d", &file).await.unwrap();
}

#[tokio::test]
async fn what_became_of_the_rows_is_told_by_the_body() {
    assert_eq!(events("[400, []]").await.unwrap(), BulkUploadOutcome::Accepted);
    let rows = events(r#"[400, [{"errCode":"ROW_3_INVALID_DATE"}]]"#).await.unwrap();
    assert!(
        matches!(&rows, BulkUploadOutcome::RowErrors(e) if e[0].code == "ROW_3_INVALID_DATE"),
        "{rows:?}"
    );
    let refused = events(r#"{"detail":[{"name":"ROW_3_INVALID_DATE"}]}"#).await.unwrap();
    assert!(matches!(&refused, BulkUploadOutcome::Refused(_)), "{refused:?}");
    assert_eq!(refused.errors()[0].code, "ROW_3_INVALID_DATE");
    for nothing in ["", "<html>", "7"] {
        assert_eq!(events(nothing).await.unwrap_err().kind, Kind::BadAnswer, "{nothing}");
    }
}

#[tokio::test]
async fn validation_errors_inside_a_success_are_a_refusal_with_its_findings() {
    let body = r#"{"message":"ok","validation_errors":[{"code":"NO_DATE","row":3,"column":"date"}]}"#;
    let server = answering("/api/v3/ingest/sales", body).await;
    let error = client(&server).ingest(1, IngestKind::Sales, "[{}]".into()).await.unwrap_err();
    assert_eq!((error.kind, error.status), (Kind::Rejected, Some(200)));
    assert_eq!((error.findings[0].code.as_str(), error.findings[0].row), ("NO_DATE", Some(3)));

    let server = answering("/api/v3/ingest/transaction_summary/from_excel", body).await;
    let (source, progress) = (MemorySource::new("rows"), Progress::default());
    let file = FormFile { filename: "s.xlsx", content_type: "x/y", source: &source, progress: &progress };
    let error = client(&server).sales_workbook(1, "e1", &file).await.unwrap_err();
    assert_eq!((error.kind, error.findings.len()), (Kind::Rejected, 1));
}

#[tokio::test]
async fn each_kind_of_ingest_goes_to_its_endpoint_as_it_is() {
    for kind in IngestKind::ALL {
        let at = kind.endpoint().spec().route();
        let server = answering(&format!("/api{at}"), "{}").await;
        client(&server).ingest(1, kind, r#"[{"a":1}]"#.into()).await.unwrap();
        let request = server.received_requests().await.unwrap().remove(0);
        assert_eq!(request.body, br#"[{"a":1}]"#);
        assert_eq!(request.headers["content-type"], "application/json");
    }
}
