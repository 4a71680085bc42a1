use serde::{Deserialize, Serialize};

use super::complete::null_is_empty;
use crate::{ObjectKey, ValidationError};

/// The body of `POST R/v3/storage/multipart-upload/validate` (path and shape assumed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidateRequest {
    /// The completed object.
    pub object_key: ObjectKey,
}

/// The answer to it (shape assumed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawValidateResponse")]
pub struct ValidateResponse {
    /// Whether the platform accepts the content. Ask [`accepted`](Self::accepted): a `true` beside errors does
    /// not count.
    pub valid: bool,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub validation_errors: Vec<ValidationError>,
}

/// Each spelling is a field of its own: serde's aliases refuse an answer that gives one field under two names.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawValidateResponse {
    valid: Option<bool>,
    is_valid: Option<bool>,
    #[serde(rename = "isValid")]
    is_valid_camel: Option<bool>,
    #[serde(deserialize_with = "null_is_empty")]
    validation_errors: Vec<ValidationError>,
    #[serde(rename = "validationErrors", deserialize_with = "null_is_empty")]
    validation_errors_camel: Vec<ValidationError>,
    #[serde(deserialize_with = "null_is_empty")]
    errors: Vec<ValidationError>,
}

impl TryFrom<RawValidateResponse> for ValidateResponse {
    type Error = &'static str;

    fn try_from(raw: RawValidateResponse) -> Result<Self, Self::Error> {
        let verdicts = [raw.valid, raw.is_valid, raw.is_valid_camel];
        let lists = [raw.validation_errors, raw.validation_errors_camel, raw.errors];
        Ok(Self {
            // Where they disagree, somebody has found something.
            valid: verdicts.into_iter().flatten().reduce(|one, other| one && other).ok_or("no verdict")?,
            validation_errors: lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default(),
        })
    }
}

impl ValidateResponse {
    /// Whether the content is accepted: `valid`, and not one error beside it (the platform may answer a success
    /// with a non-empty `validation_errors`).
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.valid && self.validation_errors.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_status_and_errors_together() {
        let read = |json| serde_json::from_str::<ValidateResponse>(json).unwrap();
        assert!(read(r#"{"valid":true}"#).accepted());
        assert!(read(r#"{"valid":true,"validation_errors":null}"#).accepted());
        assert!(!read(r#"{"valid":true,"validation_errors":[{"code":"ROW_2"}]}"#).accepted());
        assert!(!read(r#"{"is_valid":false}"#).accepted());
        assert!(read(r#"{"valid":true,"is_valid":true,"errors":[],"validation_errors":null}"#).accepted());
        assert!(!read(r#"{"valid":true,"is_valid":false}"#).accepted());
        assert!(!read(r#"{"valid":true,"errors":["X"],"validation_errors":[]}"#).accepted());
        assert!(serde_json::from_str::<ValidateResponse>("{}").is_err(), "no verdict is not a verdict");
    }
}
