//! Packages, their lists in whole and in part, and budgets.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use upload_sandbox::{Budgets, FaultRule, SandboxConfig, SandboxPackage};

use crate::client::{Client, read};

const LIST: &str = "/v3/package_builder/packages/p/customers.csv";

#[tokio::test]
async fn a_package_comes_to_its_end_and_then_has_a_list() {
    let client = Client::start().await;
    client.sandbox.put_package("p", SandboxPackage { polls: 1, ..SandboxPackage::done("id\n1\n2\n") });
    let status = || async {
        read(client.api(Method::GET, "/v3/package_builder/packages/p").send().await.unwrap()).await.1["status"]
            .clone()
    };
    assert_eq!(status().await, "INITIALIZING");
    client.sandbox.put_package("p", SandboxPackage { polls: 1, ..SandboxPackage::done("id\n1\n2\n") });
    assert_eq!(client.api(Method::GET, LIST).send().await.unwrap().status(), StatusCode::CONFLICT);
    assert_eq!((status().await, status().await), ("INITIALIZING".into(), "DONE".into()));
    let answer = client.api(Method::GET, LIST).send().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/csv");
    assert_eq!(answer.text().await.unwrap(), "id\n1\n2\n");
    let unknown = client.api(Method::GET, "/v3/package_builder/packages/q").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    client.stop().await;
}

#[tokio::test]
async fn a_list_is_answered_in_part_as_long_as_it_is_the_same() {
    let client = Client::start().await;
    client.sandbox.put_package("p", SandboxPackage::done("0123456789"));
    let whole = client.api(Method::GET, LIST).send().await.unwrap();
    let (etag, date) =
        (whole.headers()[header::ETAG].clone(), whole.headers()[header::LAST_MODIFIED].clone());
    for validator in [etag.clone(), date] {
        let part = client.api(Method::GET, LIST).header(header::RANGE, "bytes=4-");
        let part = part.header(header::IF_RANGE, validator).send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 4-9/10");
        assert_eq!(part.text().await.unwrap(), "456789");
    }
    let beyond = client.api(Method::GET, LIST).header(header::RANGE, "bytes=10-").send().await.unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()[header::CONTENT_RANGE], "bytes */10");
    client.sandbox.put_package("p", SandboxPackage::done("abcdefghij"));
    let changed = client.api(Method::GET, LIST).header(header::RANGE, "bytes=4-");
    let changed = changed.header(header::IF_RANGE, etag).send().await.unwrap();
    assert_eq!((changed.status(), changed.text().await.unwrap()), (StatusCode::OK, "abcdefghij".into()));
    client.stop().await;
}

#[tokio::test]
async fn an_answer_can_be_cut() {
    let rule: FaultRule = "package_customers#1=cut,after:100000".parse().unwrap();
    let client = Client::with(SandboxConfig { faults: vec![rule], ..SandboxConfig::default() }).await;
    client.sandbox.put_package("p", SandboxPackage::done("x".repeat(300_000)));
    let mut answer = client.api(Method::GET, LIST).send().await.unwrap();
    assert_eq!(answer.content_length(), Some(300_000));
    let mut received = 0;
    let ended = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => received += chunk.len(),
            other => break other,
        }
    };
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(received, 100_000);
    assert_eq!(client.sandbox.log()[0].fault, Some("cut"));
    client.stop().await;
}

#[tokio::test]
async fn beyond_the_budget_there_is_429_with_the_wait() {
    let budgets = Budgets { writes: 2, window: Duration::from_secs(90), ..Budgets::default() };
    let client = Client::with(SandboxConfig { budgets: Some(budgets), ..SandboxConfig::default() }).await;
    for _ in 0..2 {
        assert_eq!(client.initiate_raw(10, 8 << 20).await.0, StatusCode::OK);
    }
    let body = serde_json::json!({ "filename": "a" });
    let refused = client.api(Method::POST, "/v3/storage/presigned-url").json(&body).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((80..=90).contains(&wait), "{wait}");
    let read = client.api(Method::GET, "/v3/partners/").send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK, "reads have their own budget");
    client.stop().await;
}
