use std::time::Duration;

use upload_proto::PartNumber;
use upload_sandbox::{FaultAction, FaultRule, Operation};

use crate::client::{Client, MIB, bytes, refusal};

#[tokio::test]
async fn a_status_is_answered_as_often_as_the_rule_says() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.sandbox.add_fault(FaultRule::always(Operation::PutPart, FaultAction::Status(503)).times(2));
    for _ in 0..2 {
        let response = client.put(&upload.urls[0], bytes(8 * MIB)).send().await.unwrap();
        let (status, code, ..) = refusal(response).await;
        assert_eq!((status, &*code), (503, "SlowDown"));
    }
    client.part(&upload.urls[0], b"x".to_vec()).await;
    let faults: Vec<_> = client.sandbox.log().iter().map(|entry| entry.fault).collect();
    assert_eq!(faults, [None, Some("status"), Some("status"), None]);
    client.stop().await;
}

#[tokio::test]
async fn every_api_operation_can_be_refused() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let wait = Duration::from_secs(7);
    client
        .sandbox
        .add_fault(FaultRule::always(Operation::COMPLETE, FaultAction::StatusRetryAfter(429, wait)));
    for operation in [Operation::INITIATE, Operation::VALIDATE, Operation::ABORT] {
        client.sandbox.add_fault(FaultRule::always(operation, FaultAction::Status(500)));
    }
    assert_eq!(client.complete(&upload, &[]).await.0, 429);
    assert_eq!(client.initiate_raw(1, 1).await.0, 500);
    assert_eq!(client.validate("k").await.0, 500);
    assert_eq!(client.abort(&upload).await.0, 500);
    client.sandbox.clear_faults();
    assert_eq!(client.abort(&upload).await.0, 204);
    client.stop().await;
}

#[tokio::test]
async fn a_reset_hits_its_part_only() {
    let client = Client::start().await;
    let upload = client.initiate(10 * MIB, 5 * MIB).await;
    let reset = FaultAction::Reset { after: MIB as u64 };
    let rule = FaultRule::always(Operation::PutPart, reset).part(PartNumber::FIRST).times(1);
    client.sandbox.add_fault(rule);
    client.part(&upload.urls[1], bytes(5 * MIB)).await;
    assert!(client.put(&upload.urls[0], bytes(5 * MIB)).send().await.is_err());
    client.part(&upload.urls[0], bytes(5 * MIB)).await;
    let broken = &client.sandbox.log()[2];
    assert_eq!((broken.status, broken.fault), (None, Some("reset")));
    assert!(broken.bytes >= MIB as u64 && broken.bytes < 5 * MIB as u64, "{broken:?}");
    client.abort(&upload).await;
    client.stop().await;
}

#[tokio::test]
async fn a_stalled_part_never_answers_and_does_not_hold_up_the_end() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.sandbox.add_fault(FaultRule::always(Operation::PutPart, FaultAction::Stall { after: 0 }));
    let put = client.put(&upload.urls[0], bytes(5 * MIB)).timeout(Duration::from_millis(200));
    assert!(put.send().await.unwrap_err().is_timeout());
    assert_eq!(client.sandbox.log()[1].fault, Some("stall"));
    client.stop().await;
}

#[tokio::test]
async fn a_lost_answer_leaves_the_deed_done() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    client.sandbox.add_fault(FaultRule::always(Operation::COMPLETE, FaultAction::LoseAnswer).times(1));
    let body = serde_json::json!({
        "upload_id": upload.id, "object_key": upload.key, "parts": [{ "part_number": 1, "etag": etag }],
    });
    let request = client.api(reqwest::Method::PUT, "/v3/storage/multipart-upload").json(&body);
    assert!(request.send().await.is_err());
    assert_eq!(client.complete(&upload, &[(1, &etag)]).await.0, 404);
    assert_eq!(std::fs::read(client.sandbox.object_path(&upload.key)).unwrap(), b"x");
    client.stop().await;
}
