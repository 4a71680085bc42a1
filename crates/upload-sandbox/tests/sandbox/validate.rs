use reqwest::Method;
use serde_json::json;

use crate::client::{Client, read};

#[tokio::test]
async fn a_bad_csv_is_answered_with_what_is_wrong_where() {
    let client = Client::start().await;
    let key = client.store(b"a,b\n1,2\n3\n").await;
    let (status, answer) = client.validate(&key).await;
    assert_eq!((status.as_u16(), &answer["valid"]), (200, &json!(false)));
    let error = &answer["validation_errors"][0];
    assert_eq!((&error["code"], &error["row"]), (&json!("ROW_WIDTH"), &json!(3)));
    client.stop().await;
}

#[tokio::test]
async fn what_was_never_stored_is_not_found() {
    let client = Client::start().await;
    let (status, answer) = client.validate("files/none/none.csv").await;
    assert_eq!((status.as_u16(), &answer["error_code"]), (404, &json!("NoSuchKey")));
    client.stop().await;
}

#[tokio::test]
async fn other_types_need_only_exist_and_not_be_empty() {
    let client = Client::start().await;
    for (content, valid) in [(&b"\xff\xfe"[..], true), (b"", false)] {
        let body = json!({ "filename": "creative.bin" });
        let (_, presigned) = client.call(Method::POST, "/v3/storage/presigned-url", body).await;
        let put =
            client.put(presigned["url"].as_str().unwrap(), content.to_vec()).header("Content-Length", 0);
        let put = if content.is_empty() {
            put
        } else {
            client.put(presigned["url"].as_str().unwrap(), content.to_vec())
        };
        assert_eq!(put.send().await.unwrap().status(), 200);
        let request = client
            .api(Method::POST, "/v3/storage/multipart-upload/validate")
            .header("X-Upload-Type", "ignored")
            .json(&json!({ "object_key": presigned["object_key"] }));
        let mut request = request.build().unwrap();
        request.headers_mut().insert("X-Upload-Type", "creative".parse().unwrap());
        let (status, answer) = read(client.http.execute(request).await.unwrap()).await;
        assert_eq!((status.as_u16(), &answer["valid"]), (200, &json!(valid)));
    }
    client.stop().await;
}
