use serde_json::json;

use crate::client::{Client, MIB, Upload, bytes};

#[tokio::test]
async fn each_wrong_list_is_refused_in_s3s_words_and_the_upload_stays_open() {
    let client = Client::start().await;
    let upload = client.initiate(15 * MIB, 5 * MIB).await;
    let one = client.part(&upload.urls[0], bytes(5 * MIB)).await;
    let two = client.part(&upload.urls[1], bytes(5 * MIB)).await;
    for (parts, code) in [
        (vec![(1, &*one), (2, &*two), (3, "e3")], "InvalidPart"),
        (vec![(1, "00000000000000000000000000000000"), (2, &*two)], "InvalidPart"),
        (vec![(2, &*two), (1, &*one)], "InvalidPartOrder"),
        (vec![(1, &*one)], "InvalidPart"),
        (vec![(1, &*one), (1, &*one), (2, &*two)], "InvalidPartOrder"),
        (vec![], "InvalidPart"),
    ] {
        let (status, answer) = client.complete(&upload, &parts).await;
        assert_eq!((status.as_u16(), &answer["error_code"]), (400, &json!(code)), "{parts:?}: {answer}");
    }
    assert_eq!(client.sandbox.open_uploads().len(), 1);
    assert_eq!(client.complete(&upload, &[(1, &one), (2, &two)]).await.0, 200);
    client.stop().await;
}

#[tokio::test]
async fn a_small_part_before_the_last_is_refused() {
    let client = Client::start().await;
    let upload = client.initiate(10 * MIB, 5 * MIB).await;
    let one = client.part(&upload.urls[0], bytes(5 * MIB - 1)).await;
    let two = client.part(&upload.urls[1], bytes(1)).await;
    let (status, answer) = client.complete(&upload, &[(1, &one), (2, &two)]).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (400, &json!("EntityTooSmall")));
    client.abort(&upload).await;
    client.stop().await;
}

#[tokio::test]
async fn an_upload_belongs_to_its_key() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    for key in ["files/other/audience.csv", "files/../escape.csv", "elsewhere"] {
        let other = Upload { id: upload.id.clone(), key: key.into(), urls: Vec::new() };
        let (status, answer) = client.complete(&other, &[(1, &etag)]).await;
        assert_eq!((status.as_u16(), &answer["error_code"]), (404, &json!("NoSuchUpload")));
        assert_eq!(client.abort(&other).await.0, 404);
    }
    assert_eq!(client.complete(&upload, &[(1, &etag)]).await.0, 200);
    client.stop().await;
}

#[tokio::test]
async fn an_upload_completes_once() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let etag = client.part(&upload.urls[0], b"x".to_vec()).await;
    assert_eq!(client.complete(&upload, &[(1, &etag)]).await.0, 200);
    let (status, answer) = client.complete(&upload, &[(1, &etag)]).await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (404, &json!("NoSuchUpload")));
    let late = client.put(&upload.urls[0], b"x".to_vec()).send().await.unwrap();
    assert_eq!(late.status(), 404);
    client.stop().await;
}

#[tokio::test]
async fn a_part_sent_again_replaces_the_first() {
    let client = Client::start().await;
    let upload = client.initiate(1, 1).await;
    let first = client.part(&upload.urls[0], b"x".to_vec()).await;
    let second = client.part(&upload.urls[0], b"y".to_vec()).await;
    assert_eq!(client.complete(&upload, &[(1, &first)]).await.0, 400);
    assert_eq!(client.complete(&upload, &[(1, &second)]).await.0, 200);
    assert_eq!(std::fs::read(client.sandbox.object_path(&upload.key)).unwrap(), b"y");
    client.stop().await;
}
