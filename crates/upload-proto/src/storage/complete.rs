use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{ETag, ObjectKey, PartNumber, UploadId, ValidationError};

/// One uploaded part, as complete lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedPart {
    /// The part's number.
    pub part_number: PartNumber,
    /// The ETag its last successful PUT was answered with; written without quotes.
    pub etag: ETag,
}

/// The body of `PUT R/v3/storage/multipart-upload` (shape assumed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteRequest {
    /// The upload to complete.
    pub upload_id: UploadId,
    /// The object it becomes.
    pub object_key: ObjectKey,
    /// Every part once, ascending.
    pub parts: Vec<CompletedPart>,
}

/// The answer to it (shape assumed); an empty body is a success too, and reads as the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawCompleteResponse")]
pub struct CompleteResponse {
    /// The object, as the platform names it. A name that cannot be read counts as absent, as with the ETag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_key: Option<ObjectKey>,
    /// The object's ETag. One that cannot be read counts as absent: the upload is complete all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// What is wrong with the content; success statuses can carry this (error handling page).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validation_errors: Vec<ValidationError>,
}

/// Each spelling is a field of its own: serde's aliases refuse an answer that gives one field under two names.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawCompleteResponse {
    #[serde(deserialize_with = "lenient")]
    object_key: Option<ObjectKey>,
    #[serde(rename = "objectKey", deserialize_with = "lenient")]
    object_key_camel: Option<ObjectKey>,
    #[serde(deserialize_with = "lenient")]
    key: Option<ObjectKey>,
    #[serde(deserialize_with = "lenient")]
    etag: Option<ETag>,
    #[serde(rename = "ETag", deserialize_with = "lenient")]
    etag_s3: Option<ETag>,
    #[serde(deserialize_with = "null_is_empty")]
    validation_errors: Vec<ValidationError>,
}

impl From<RawCompleteResponse> for CompleteResponse {
    fn from(raw: RawCompleteResponse) -> Self {
        Self {
            object_key: raw.object_key.or(raw.object_key_camel).or(raw.key),
            etag: raw.etag.or(raw.etag_s3),
            validation_errors: raw.validation_errors,
        }
    }
}

/// What cannot be read counts as absent.
fn lenient<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| text.parse().ok()))
}

pub(super) fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_written_without_quotes() {
        let request = CompleteRequest {
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            parts: vec![CompletedPart { part_number: PartNumber::FIRST, etag: "\"e1\"".parse().unwrap() }],
        };
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"upload_id":"u","object_key":"k","parts":[{"part_number":1,"etag":"e1"}]}"#
        );
    }

    #[test]
    fn every_answer_to_complete_reads() {
        let read = |json| serde_json::from_str::<CompleteResponse>(json).unwrap();
        assert_eq!(read("{}"), CompleteResponse::default());
        let full =
            read(r#"{"objectKey":"k","ETag":"\"abc-2\"","location":"https://x","validation_errors":null}"#);
        assert_eq!(full.etag.unwrap().as_str(), "abc-2");
        assert_eq!(full.object_key.unwrap().as_str(), "k");
        assert_eq!(read(r#"{"etag":"","key":""}"#), CompleteResponse::default());
        let twice = read(r#"{"object_key":"k","key":"k","etag":null,"ETag":"\"abc-2\""}"#);
        assert_eq!(twice.etag.unwrap().as_str(), "abc-2", "a field under two names");
        assert_eq!(read(r#"{"validation_errors":[{"code":"X"}]}"#).validation_errors[0].code, "X");
    }
}
