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
#[serde(default)]
pub struct CompleteResponse {
    /// The object, as the platform names it.
    #[serde(alias = "objectKey", alias = "key", skip_serializing_if = "Option::is_none")]
    pub object_key: Option<ObjectKey>,
    /// The object's ETag. One that cannot be read counts as absent: the upload is complete all the same.
    #[serde(alias = "ETag", deserialize_with = "lenient_etag", skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// What is wrong with the content; success statuses can carry this (error handling page).
    #[serde(deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub validation_errors: Vec<ValidationError>,
}

fn lenient_etag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ETag>, D::Error> {
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
        assert_eq!(read(r#"{"etag":""}"#).etag, None);
        assert_eq!(read(r#"{"validation_errors":[{"code":"X"}]}"#).validation_errors[0].code, "X");
    }
}
