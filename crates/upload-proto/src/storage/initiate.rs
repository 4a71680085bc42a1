use serde::{Deserialize, Serialize};

use super::PresignedParts;
use crate::{ObjectKey, UploadId};

/// The body of `POST R/v3/storage/multipart-upload` (shape assumed). The type travels in `X-Upload-Type`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitiateRequest {
    /// The file's name, without folders.
    pub filename: String,
    /// The whole file in bytes.
    pub file_size: u64,
    /// The size of every part but the last, in bytes, that the client would like.
    pub part_size: u64,
    /// How many parts that makes, and so how many URLs the client would like.
    pub part_count: u32,
}

/// The answer to it (shape assumed): where each part goes. **It decides**, whatever was asked for.
///
/// Read tolerantly: `upload_id|uploadId|UploadId`, `object_key|objectKey|key`,
/// `parts|urls|presigned_urls|part_urls`; a list that cannot be read does not hide the upload id, see
/// [`PresignedParts`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawInitiateResponse")]
pub struct InitiateResponse {
    /// S3's id of the upload: from here on it must be completed, aborted, or remembered.
    pub upload_id: UploadId,
    /// Where the object will stand.
    pub object_key: ObjectKey,
    /// The part size in bytes the URLs are meant for, where the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_size: Option<u64>,
    /// One URL a part.
    pub parts: PresignedParts,
}

/// Each spelling is a field of its own: serde's aliases refuse an answer that gives one field under two names, and
/// with it the upload id.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawInitiateResponse {
    upload_id: Option<UploadId>,
    #[serde(rename = "uploadId")]
    upload_id_camel: Option<UploadId>,
    #[serde(rename = "UploadId")]
    upload_id_s3: Option<UploadId>,
    object_key: Option<ObjectKey>,
    #[serde(rename = "objectKey")]
    object_key_camel: Option<ObjectKey>,
    key: Option<ObjectKey>,
    part_size: Option<u64>,
    #[serde(rename = "partSize")]
    part_size_camel: Option<u64>,
    parts: PresignedParts,
    urls: PresignedParts,
    presigned_urls: PresignedParts,
    part_urls: PresignedParts,
}

impl TryFrom<RawInitiateResponse> for InitiateResponse {
    type Error = &'static str;

    fn try_from(raw: RawInitiateResponse) -> Result<Self, Self::Error> {
        let upload_id = raw.upload_id.or(raw.upload_id_camel).or(raw.upload_id_s3);
        let object_key = raw.object_key.or(raw.object_key_camel).or(raw.key);
        let lists = [raw.parts, raw.urls, raw.presigned_urls, raw.part_urls];
        let nothing = PresignedParts::default();
        Ok(Self {
            upload_id: upload_id.ok_or("the answer names no upload id")?,
            object_key: object_key.ok_or("the answer names no object key")?,
            part_size: raw.part_size.or(raw.part_size_camel),
            parts: lists.into_iter().find(|list| *list != nothing).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> InitiateResponse {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_request_is_written_in_the_canonical_form() {
        let request = InitiateRequest {
            filename: "audience.csv".into(),
            file_size: 734_003_200,
            part_size: 16_777_216,
            part_count: 44,
        };
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"filename":"audience.csv","file_size":734003200,"part_size":16777216,"part_count":44}"#
        );
    }

    #[test]
    fn every_dialect_reads_the_same() {
        let canonical = read(
            r#"{"upload_id":"u","object_key":"k","part_size":5242880,
                "parts":[{"part_number":1,"url":"https://s/1"},{"part_number":2,"url":"https://s/2"}]}"#,
        );
        assert_eq!(canonical.part_size, Some(5_242_880));
        assert_eq!(canonical.parts.urls().len(), 2);
        for dialect in [
            r#"{"uploadId":"u","objectKey":"k","partSize":5242880,
                "parts":[{"partNumber":1,"url":"https://s/1"},{"partNumber":2,"url":"https://s/2"}]}"#,
            r#"{"UploadId":"u","key":"k","part_size":5242880,"extra":{"ignored":true},
                "urls":["https://s/1","https://s/2"]}"#,
            r#"{"upload_id":"u","object_key":"k","part_size":5242880,
                "presigned_urls":[{"PartNumber":2,"presigned_url":"https://s/2"},
                                  {"PartNumber":1,"signed_url":"https://s/1"}]}"#,
            r#"{"upload_id":"u","object_key":"k","part_size":5242880,
                "part_urls":[{"part_number":1,"upload_url":"https://s/1"},{"part_number":2,"url":"https://s/2"}]}"#,
        ] {
            assert_eq!(read(dialect), canonical, "{dialect}");
        }
    }

    #[test]
    fn a_field_spelled_twice_does_not_hide_the_upload_id() {
        let both = r#"{"upload_id":"u","uploadId":"u","object_key":"k","key":"k","urls":["https://s/1"],"parts":null}"#;
        assert_eq!(read(both), read(r#"{"upload_id":"u","object_key":"k","urls":["https://s/1"]}"#));
    }

    #[test]
    fn without_an_upload_id_or_a_key_it_is_no_answer() {
        for json in [r#"{"object_key":"k"}"#, r#"{"upload_id":"u"}"#, r#"{"upload_id":"","key":"k"}"#] {
            assert!(serde_json::from_str::<InitiateResponse>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_unreadable_list_does_not_hide_the_upload_id() {
        for json in [
            r#"{"upload_id":"u","object_key":"k"}"#,
            r#"{"upload_id":"u","object_key":"k","parts":null}"#,
            r#"{"upload_id":"u","object_key":"k","parts":"soon"}"#,
            r#"{"upload_id":"u","object_key":"k","parts":[{"part_number":0,"url":"https://s/1"}]}"#,
            r#"{"upload_id":"u","object_key":"k","parts":[{"part_number":1}]}"#,
            r#"{"upload_id":"u","object_key":"k","parts":["not a url"]}"#,
        ] {
            let response = read(json);
            assert_eq!(response.upload_id.as_str(), "u", "{json}");
            assert!(response.parts.urls().is_empty() || response.parts.problem().is_some(), "{json}");
        }
    }

    #[test]
    fn what_the_sandbox_writes_reads_back() {
        let response = read(r#"{"upload_id":"u","object_key":"k","urls":["https://s/1","https://s/2"]}"#);
        assert_eq!(read(&serde_json::to_string(&response).unwrap()), response);
    }
}
