use reqwest::Method;
use serde_json::Value;
use upload_sandbox::{Operation, SandboxConfig};

use crate::client::{Client, MIB, bytes, read};

#[tokio::test]
async fn a_multipart_upload_becomes_the_same_bytes() {
    let client = Client::start().await;
    let content = bytes(11 * MIB);
    let upload = client.initiate(content.len(), 5 * MIB).await;
    assert_eq!(upload.urls.len(), 3);
    let mut etags = Vec::new();
    for (url, part) in upload.urls.iter().zip(content.chunks(5 * MIB)) {
        etags.push(client.part(url, part.to_vec()).await);
    }
    let parts: Vec<_> = (1..).zip(etags.iter().map(String::as_str)).collect();
    let (status, answer) = client.complete(&upload, &parts).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["object_key"], *upload.key);
    assert!(answer["etag"].as_str().unwrap().ends_with("-3"), "{answer}");
    assert!(std::fs::read(client.sandbox.object_path(&upload.key)).unwrap() == content);
    assert!(client.sandbox.open_uploads().is_empty());
    assert!(client.stop().await.is_empty());
}

#[tokio::test]
async fn a_single_put_becomes_the_same_bytes_and_validates() {
    let client = Client::start().await;
    let key = client.store(b"a,b\n1,2\n").await;
    assert_eq!(std::fs::read(client.sandbox.object_path(&key)).unwrap(), b"a,b\n1,2\n");
    let (status, answer) = client.validate(&key).await;
    assert_eq!((status.as_u16(), &answer["valid"]), (200, &Value::Bool(true)));
    client.stop().await;
}

#[tokio::test]
async fn an_aborted_upload_is_gone_with_its_parts() {
    let client = Client::start().await;
    let upload = client.initiate(6 * MIB, 5 * MIB).await;
    client.part(&upload.urls[0], bytes(5 * MIB)).await;
    let [open] = &client.sandbox.open_uploads()[..] else { panic!("one is open") };
    assert_eq!((open.parts, open.bytes, &open.object_key), (1, 5 * MIB as u64, &upload.key));
    assert_eq!(client.abort(&upload).await.0, 204);
    assert!(client.sandbox.open_uploads().is_empty());
    let (status, answer) = client.abort(&upload).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (404, &Value::from("NoSuchUpload")));
    let left = std::fs::read_dir(client.sandbox.storage_dir()).unwrap();
    assert!(
        left.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("part-")).count() == 0
    );
    client.stop().await;
}

#[tokio::test]
async fn a_name_with_spaces_and_umlauts_survives_signing() {
    let client = Client::start().await;
    let body = serde_json::json!({ "filename": "Zürich + 50% & co.csv" });
    let (_, answer) = client.call(Method::POST, "/v3/storage/presigned-url", body).await;
    let put = client.put(answer["url"].as_str().unwrap(), b"x".to_vec()).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let key = answer["object_key"].as_str().unwrap();
    assert!(key.ends_with("/Zürich + 50% & co.csv"));
    assert_eq!(std::fs::read(client.sandbox.object_path(key)).unwrap(), b"x");
    client.stop().await;
}

#[tokio::test]
async fn the_log_tells_everything_but_secrets() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.part(&upload.urls[0], b"x".to_vec()).await;
    client.api(Method::GET, "/v3/partners/").send().await.unwrap();
    let url = client.sandbox.api_url().replace("/api", "/_sandbox/log");
    let text = client.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(!text.contains("X-Amz") && !text.contains(client.sandbox.access_token()));
    let log: Value = serde_json::from_str(&text).unwrap();
    let entries = log["entries"].as_array().unwrap();
    let operations: Vec<_> = entries.iter().map(|e| e["operation"].as_str().unwrap()).collect();
    assert_eq!(
        operations,
        ["initiate", "part", "partners"],
        "the API's own storage requests are not among them"
    );
    assert_eq!((&entries[1]["host"], &entries[1]["part_number"]), (&"storage".into(), &1.into()));
    assert_eq!((&entries[1]["bytes"], &entries[1]["upload_id"]), (&1.into(), &upload.id.clone().into()));
    assert!(!entries[1]["headers"].as_array().unwrap().contains(&"authorization".into()));
    assert!(entries[0]["headers"].as_array().unwrap().contains(&"authorization".into()));
    assert_eq!(log["max_parts_in_flight"], 1);
    assert_eq!(client.sandbox.log()[1].operation, Operation::PutPart);
    client.stop().await;
}

#[tokio::test]
async fn objects_lie_where_they_were_asked_to_and_stay() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = dir.path().join("objects");
    for _ in 0..2 {
        let config = SandboxConfig { storage_dir: Some(wanted.clone()), ..SandboxConfig::default() };
        let client = Client::with(config).await;
        let key = client.store(b"x").await;
        let path = client.sandbox.object_path(&key);
        assert!(path.starts_with(wanted.canonicalize().unwrap()));
        client.sandbox.shutdown().await;
        assert_eq!(std::fs::read(path).unwrap(), b"x");
    }
}

#[tokio::test]
async fn status_needs_no_credentials_and_partners_does() {
    let client = Client::start().await;
    let url = |path| format!("{}{path}", client.sandbox.api_url());
    let status = client.http.get(url("/v3/status/")).send().await.unwrap();
    assert_eq!(read(status).await.0, 200);
    let partners = client.http.get(url("/v3/partners/")).send().await.unwrap();
    assert_eq!(read(partners).await.0, 401);
    assert_eq!(read(client.api(Method::GET, "/v3/partners/").send().await.unwrap()).await.0, 200);
    client.stop().await;
}
