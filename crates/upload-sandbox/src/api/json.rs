//! Reading JSON bodies strictly: what the wire types forgive in an answer is wrong in a request.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{body, error::ApiError};

/// The largest body that is read: complete with 10,000 parts is well below.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// A JSON body, still untyped.
#[derive(Debug)]
pub(super) struct JsonBody(pub(super) Value);

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, ApiError> {
        let bytes = body::json(request, MAX_BODY).await?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| ApiError::invalid(format!("not JSON: {error}")))?;
        Ok(Self(value))
    }
}

/// Reads `value` as an object that has no field but these.
pub(super) fn read<T: DeserializeOwned>(value: Value, fields: &[&str]) -> Result<T, ApiError> {
    only_fields(&value, fields)?;
    serde_json::from_value(value).map_err(|error| ApiError::invalid(error.to_string()))
}

/// Refuses anything but an object of these fields.
pub(super) fn only_fields(value: &Value, fields: &[&str]) -> Result<(), ApiError> {
    let Value::Object(object) = value else {
        return Err(ApiError::invalid("a JSON object is wanted"));
    };
    match object.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(unknown) => {
            Err(ApiError::invalid(format!("unknown field `{unknown}`, expected: {}", fields.join(", "))))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use upload_proto::AbortRequest;

    use super::*;

    #[test]
    fn what_is_wrong_is_said() {
        let fields = ["upload_id", "object_key"];
        for (value, words) in [
            (json!({"upload_id": "u", "object_key": "k", "x": 1}), "unknown field `x`"),
            (json!({"upload_id": "u"}), "missing field `object_key`"),
            (json!({"upload_id": "", "object_key": "k"}), "the upload id is empty"),
            (json!([]), "a JSON object is wanted"),
        ] {
            let error = read::<AbortRequest>(value, &fields).unwrap_err();
            assert!(error.status == 422 && error.message.contains(words), "{error:?}");
        }
        assert!(read::<AbortRequest>(json!({"upload_id": "u", "object_key": "k"}), &fields).is_ok());
    }
}
