use upload_proto::InitiateResponse;
use upload_sandbox::{AnswerShape, AnsweredPartSize, Dialect, SandboxConfig};

use crate::client::{Client, MIB};

async fn initiate(answer: AnswerShape) -> (serde_json::Value, InitiateResponse) {
    let client = Client::with(SandboxConfig { answer, ..SandboxConfig::default() }).await;
    let (status, raw) = client.initiate_raw(20 * MIB, 5 * MIB).await;
    assert_eq!(status, 200);
    let read: InitiateResponse = serde_json::from_value(raw.clone()).unwrap();
    // Whatever the spelling, the URLs work.
    let url = read.parts.urls()[1].url.expose();
    assert!(url.contains("partNumber=2"));
    client.part(&url, b"x".to_vec()).await;
    assert_eq!(client.stop().await.len(), 1);
    (raw, read)
}

#[tokio::test]
async fn each_dialect_is_spelled_as_documented() {
    for (dialect, id, key, size, list, element) in [
        (Dialect::Canonical, "upload_id", "object_key", "part_size", "parts", Some("url")),
        (Dialect::CamelCase, "uploadId", "objectKey", "partSize", "parts", Some("url")),
        (Dialect::BareUrls, "upload_id", "object_key", "part_size", "urls", None),
        (Dialect::PresignedUrls, "UploadId", "key", "part_size", "presigned_urls", Some("presigned_url")),
    ] {
        let (raw, read) = initiate(AnswerShape { dialect, ..AnswerShape::default() }).await;
        assert!(raw[id].is_string() && raw[key].is_string() && raw[size].is_u64(), "{dialect:?}");
        let first = &raw[list][0];
        assert!(element.map_or(first, |name| &first[name]).is_string(), "{dialect:?}");
        assert_eq!((read.part_size, read.parts.urls().len()), (Some(5 * MIB as u64), 4));
    }
}

#[tokio::test]
async fn the_answered_part_size_and_number_of_urls_can_be_forced() {
    let fixed = AnsweredPartSize::Fixed(10 * MIB as u64);
    for (part_size, url_count, size, urls) in [
        (fixed, None, Some(10 * MIB as u64), 2),
        (AnsweredPartSize::Omitted, Some(2), None, 2),
        (AnsweredPartSize::AsAsked, Some(9), Some(5 * MIB as u64), 9),
    ] {
        let (_, read) = initiate(AnswerShape { part_size, url_count, ..AnswerShape::default() }).await;
        assert_eq!((read.part_size, read.parts.urls().len()), (size, urls));
    }
}
