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
pub struct ValidateResponse {
    /// Whether the platform accepts the content. Ask [`accepted`](Self::accepted): a `true` beside errors does
    /// not count.
    #[serde(alias = "is_valid", alias = "isValid")]
    pub valid: bool,
    /// What is wrong with it.
    #[serde(
        default,
        alias = "validationErrors",
        alias = "errors",
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub validation_errors: Vec<ValidationError>,
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
        assert!(serde_json::from_str::<ValidateResponse>("{}").is_err(), "no verdict is not a verdict");
    }
}
