use reqwest::Method;
use serde_json::{Value, json};
use upload_proto::{IngestKind, IngestShape};
use upload_sandbox::{FaultAction, FaultRule, Operation, SandboxConfig};

use crate::client::{Answer, Client, read};

impl Client {
    async fn ingest(&self, kind: IngestKind, body: &str) -> Answer {
        let path = format!("/v3{}", kind.endpoint().spec().path);
        let request = self.api(Method::POST, &path).header("Content-Type", "application/json");
        read(request.body(body.to_owned()).send().await.unwrap()).await
    }

    fn ingested_text(&self, kind: IngestKind) -> String {
        std::fs::read_to_string(self.sandbox.ingested_path(kind)).unwrap()
    }
}

const SUMMARY: &str = r#"{"eid":"e1","from":"2026-06-01","to":"2026-06-12","tickets":[{"type":"standard","sold":412,"revenue":18540}]}"#;

/// A body of one record.
fn good(kind: IngestKind) -> &'static str {
    match kind.shape() {
        IngestShape::Object => SUMMARY,
        IngestShape::Records => r#"[{"eid":"e1","sale_date":"2026-06-01"}]"#,
        IngestShape::DataFrame => r#"{"eid":{"0":"e1"},"sale_date":{"0":"2026-06-01"}}"#,
    }
}

#[tokio::test]
async fn every_kind_is_taken_counted_and_written_down() {
    let client = Client::start().await;
    for kind in IngestKind::ALL {
        let (status, answer) = client.ingest(kind, good(kind)).await;
        assert_eq!((status.as_u16(), &answer["accepted"]), (200, &json!(1)), "{kind}: {answer}");
        assert_eq!(client.sandbox.ingested(kind), 1, "{kind}");
        let line = match kind.shape() {
            IngestShape::Object => SUMMARY,
            _ => r#"{"eid":"e1","sale_date":"2026-06-01"}"#,
        };
        assert_eq!(client.ingested_text(kind), format!("{line}\n"), "{kind}");
    }
    let url = client.sandbox.api_url().replace("/api", "/_sandbox/ingested");
    let listed: Value = client.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), IngestKind::ALL.len());
    assert_eq!((&listed[0]["kind"], &listed[0]["records"]), (&json!("transaction-summary"), &json!(1)));
    client.stop().await;
}

#[tokio::test]
async fn a_batch_with_a_bad_record_is_refused_whole_with_row_and_column() {
    let client = Client::start().await;
    let body = r#"[{"id":1,"sale_date":"2026-06-01"},{"id":2,"sale_date":"yesterday"},{"id":null}]"#;
    let (status, answer) = client.ingest(IngestKind::Sales, body).await;
    assert_eq!(status, 422);
    let errors = json!([
        { "code": "INVALID_DATE", "message": "this is no date", "row": 2, "column": "sale_date" },
        { "code": "MISSING_VALUE", "message": "this must not be empty", "row": 3, "column": "id" },
    ]);
    assert_eq!((&answer["error_code"], &answer["validation_errors"]), (&json!("VALIDATION_ERROR"), &errors));
    assert_eq!(client.sandbox.ingested(IngestKind::Sales), 0);
    assert!(!client.sandbox.ingested_path(IngestKind::Sales).exists());
    client.stop().await;
}

#[tokio::test]
async fn bodies_of_another_shape_are_refused() {
    let client = Client::start().await;
    let documented = SUMMARY.replace("412", "\"many\"");
    for (kind, body, words) in [
        (IngestKind::Sales, good(IngestKind::SalesDf), "expected a sequence"),
        (IngestKind::Sales, "[]", "no record"),
        (IngestKind::Sales, r#"[{"id":1},{"id":]"#, "column 17"),
        (IngestKind::EventsDf, r#"{"a":[1,2],"b":[1]}"#, "column 'b' has 1 values"),
        (IngestKind::TransactionSummary, good(IngestKind::Sales), "JSON that is wanted"),
        (IngestKind::TransactionSummary, &documented, "invalid type"),
    ] {
        let (status, answer) = client.ingest(kind, body).await;
        assert_eq!(status, 422, "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
    let path = "/v3/ingest/sales";
    let not_json = client.api(Method::POST, path).body(good(IngestKind::Sales)).send().await.unwrap();
    assert_eq!(read(not_json).await.0, 415);
    client.stop().await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_one_up_to_it_is_taken() {
    let config = SandboxConfig { ingest_limit: 1000, ..SandboxConfig::default() };
    let client = Client::with(config).await;
    let body = |length: usize| format!(r#"[{{"x":"{}"}}]"#, "x".repeat(length - 10));
    assert_eq!(client.ingest(IngestKind::Events, &body(1000)).await.0, 200);
    let (status, answer) = client.ingest(IngestKind::Events, &body(1001)).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (413, &json!("BODY_TOO_LARGE")));
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>(body(1001))]);
    let request = client.api(Method::POST, "/v3/ingest/events").header("Content-Type", "application/json");
    let chunked = request.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(read(chunked).await.0, 413);
    assert_eq!(client.sandbox.ingested(IngestKind::Events), 1);
    client.stop().await;
}

#[tokio::test]
async fn a_lost_answer_leaves_the_records_taken_and_a_reset_does_not() {
    let client = Client::start().await;
    let sales = Operation::Api(IngestKind::Sales.endpoint());
    for (action, taken) in [(FaultAction::LoseAnswer, 1), (FaultAction::ResetAfterBody, 0)] {
        client.sandbox.add_fault(FaultRule::always(sales, action).times(1));
        let before = client.sandbox.ingested(IngestKind::Sales);
        let request = client.api(Method::POST, "/v3/ingest/sales").header("Content-Type", "application/json");
        assert!(request.body(good(IngestKind::Sales)).send().await.is_err());
        assert_eq!(client.sandbox.ingested(IngestKind::Sales) - before, taken);
    }
    client.stop().await;
}

#[tokio::test]
async fn batches_that_come_at_once_are_written_one_after_another() {
    let client = Client::start().await;
    let batch = |number: usize| {
        let records: Vec<_> = (0..500).map(|row| json!({ "id": format!("{number}-{row}") })).collect();
        Value::from(records).to_string()
    };
    let batches: Vec<_> = (0..8).map(batch).collect();
    let answers = batches.iter().map(|body| client.ingest(IngestKind::Events, body));
    for (status, answer) in futures::future::join_all(answers).await {
        assert_eq!(status, 200, "{answer}");
    }
    let text = client.ingested_text(IngestKind::Events);
    let ids: std::collections::HashSet<_> = text.lines().collect();
    assert_eq!(
        (text.lines().count(), ids.len(), client.sandbox.ingested(IngestKind::Events)),
        (4000, 4000, 4000)
    );
    client.stop().await;
}
