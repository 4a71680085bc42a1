use crate::client::{Client, MIB, bytes};

#[tokio::test]
async fn a_wrong_etag_is_another_md5_than_the_storage_keeps() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.fault("part#1=etag:wrong");
    let wrong = client.part(&upload.urls[0], b"x".to_vec()).await;
    assert!(wrong.len() == 32 && wrong.bytes().all(|byte| byte.is_ascii_hexdigit()), "{wrong}");
    let (status, answer) = client.complete(&upload, &[(1, &wrong)]).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (400, &"InvalidPart".into()));
    let right = client.part(&upload.urls[0], b"x".to_vec()).await;
    assert_ne!(wrong, right);
    assert_eq!(client.complete(&upload, &[(1, &right)]).await.0, 200);
    client.stop().await;
}

#[tokio::test]
async fn an_etag_can_be_missing_though_the_part_is_stored() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    client.fault("part#1=etag:missing");
    let response = client.put(&upload.urls[0], b"x".to_vec()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("etag"));
    assert_eq!(client.sandbox.open_uploads()[0].parts, 1);
    client.stop().await;
}

#[tokio::test]
async fn an_etag_that_is_no_md5_is_what_complete_wants_back() {
    let client = Client::start().await;
    let upload = client.initiate(10 * MIB, 5 * MIB).await;
    client.fault("part=etag:not_md5");
    client.fault("complete=etag:not_md5");
    let content = bytes(5 * MIB);
    let response = client.put(&upload.urls[0], content.clone()).send().await.unwrap();
    assert_eq!(response.headers()["x-amz-server-side-encryption"], "aws:kms");
    let mut etags = Vec::new();
    for url in &upload.urls {
        etags.push(client.part(url, content.clone()).await);
    }
    assert_ne!(etags[0], etags[1], "the same bytes have the same MD5");
    let (status, answer) = client.complete(&upload, &[(1, &etags[0]), (2, &etags[1])]).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["etag"].as_str().unwrap().len(), 32, "no number of parts behind it: {answer}");
    client.stop().await;
}

#[tokio::test]
async fn completes_etag_can_be_wrong_or_missing() {
    let client = Client::start().await;
    for (spec, has_etag) in [("complete#1=etag:wrong", true), ("complete#1=etag:missing", false)] {
        let upload = client.initiate(1, 1).await;
        let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
        client.fault(spec);
        let (status, answer) = client.complete(&upload, &[(1, &etag)]).await;
        assert_eq!((status.as_u16(), answer.get("etag").is_some()), (200, has_etag), "{spec}");
        assert_eq!(answer["object_key"], *upload.key);
    }
    client.stop().await;
}
