//! The sandbox in front of an S3 that is not its own: here s3s-fs, with keys and a folder of its own.

use std::convert::Infallible;

use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use upload_sandbox::{Backend, HostKind, S3Keys, S3Route, S3Store, Sandbox, SandboxConfig, SandboxError};

use crate::client::{Client, MIB, bytes};

/// An S3 on loopback, and the folder it keeps its buckets in.
async fn s3() -> (S3Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
    builder.set_auth(SimpleAuth::from_single("AKIA1", "hush-hush"));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            let answer = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let service = service.clone();
                async move { Ok::<_, Infallible>(service.call(request.map(s3s::Body::from)).await.unwrap()) }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
            );
        }
    });
    let keys =
        S3Keys { access_key_id: "AKIA1".into(), secret_access_key: "hush-hush".into(), session_token: None };
    let store = S3Store {
        endpoint,
        bucket: "elsewhere".into(),
        region: "eu-central-1".into(),
        keys,
        route: S3Route::Relayed,
    };
    (store, folder)
}

fn config(store: S3Store) -> SandboxConfig {
    SandboxConfig { backend: Backend::S3(store), ..SandboxConfig::default() }
}

async fn upload(client: &Client) {
    let content = bytes(5 * MIB + 7);
    let upload = client.initiate(content.len(), 5 * MIB).await;
    let (first, second) = content.split_at(5 * MIB);
    let etags = [
        client.part(&upload.urls[0], first.to_vec()).await,
        client.part(&upload.urls[1], second.to_vec()).await,
    ];
    let missing = client.complete(&upload, &[(1, &etags[0])]).await;
    assert_eq!(missing.0, 400, "a stored part is left out: {missing:?}");
    let (status, answer) = client.complete(&upload, &[(1, &etags[0]), (2, &etags[1])]).await;
    assert_eq!(status, 200, "{answer}");
    assert!(client.sandbox.read_object(&upload.key).await.unwrap() == content, "other bytes came back");
    assert_eq!(client.validate(&upload.key).await.0, 200);
    assert!(client.store(b"whole").await.starts_with("files/"));
}

#[tokio::test]
async fn relayed_parts_are_checked_logged_and_stored_elsewhere() {
    let (store, folder) = s3().await;
    let client = Client::with(config(store.clone())).await;
    upload(&client).await;
    let log = client.sandbox.log();
    let puts: Vec<_> = log.iter().filter(|entry| entry.host == HostKind::Storage).collect();
    assert_eq!(puts.iter().map(|put| put.part_number).collect::<Vec<_>>(), [Some(1), Some(2), None]);
    assert!(puts.iter().all(|put| put.status == Some(200)));
    assert!(folder.path().join("elsewhere").is_dir(), "the bucket was made");

    client.fault("part:1=etag:not_md5");
    let again = client.initiate(1, 1).await;
    let told = client.part(&again.urls[0], b"x".to_vec()).await;
    assert_eq!(client.complete(&again, &[(1, &told)]).await.0, 200, "the store gets the ETag it knows");
    let bare = client.put(&again.urls[0], b"x".to_vec()).bearer_auth("t").send().await.unwrap();
    assert_eq!(bare.headers()["x-sandbox-mistake"], "credentials_to_storage");

    let given_up = client.initiate(1, 1).await;
    assert_eq!(client.abort(&given_up).await.0, 204);
    let dir = client.sandbox.storage_dir().to_owned();
    assert!(client.sandbox.shutdown().await.is_empty());
    assert!(!dir.exists(), "a folder that was of no use is not left behind");
}

#[tokio::test]
async fn direct_urls_lead_straight_there() {
    let (store, _folder) = s3().await;
    let client = Client::with(config(S3Store { route: S3Route::Direct, ..store.clone() })).await;
    let (url, _) = client.presign().await;
    assert!(url.starts_with(&format!("{}/elsewhere/files/", store.endpoint)), "{url}");
    let signed = url.split('&').find_map(|pair| pair.strip_prefix("X-Amz-SignedHeaders=")).unwrap();
    assert!(signed.contains("content-type"), "{signed}");
    assert!(client.sandbox.log().iter().all(|entry| entry.host == HostKind::Api));
    client.fault("part=status:500");
    client.fault("validate#1=status:500");
    assert_eq!(client.validate("files/a/b").await.0, 500);
    let upload = client.initiate(1, 1).await;
    client.part(&upload.urls[0], b"x".to_vec()).await;
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_s3_is_said_at_the_start() {
    let (store, _folder) = s3().await;
    let wrong_keys = S3Keys { secret_access_key: "guess".into(), ..store.keys.clone() };
    for (store, words) in [
        (S3Store { keys: wrong_keys, ..store.clone() }, "403"),
        (S3Store { endpoint: "s3.example.com".into(), ..store.clone() }, "relative"),
        (S3Store { endpoint: "ftp://h".into(), ..store.clone() }, "http://"),
        (S3Store { endpoint: "http://127.0.0.1:1".into(), ..store.clone() }, "cannot be reached"),
    ] {
        let error = Sandbox::start(config(store)).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, SandboxError::Bucket { .. }) && text.contains(words), "{text}");
        assert!(!text.contains("guess") && !text.contains("Signature="), "{text}");
    }
    let direct = S3Store { route: S3Route::Direct, ..store };
    let faults = vec!["part=stall".parse().unwrap()];
    let error = Sandbox::start(SandboxConfig { faults, ..config(direct) }).await.unwrap_err();
    assert!(matches!(error, SandboxError::Fault(_)) && error.to_string().contains("relay"), "{error}");
}
