use axum::http::HeaderMap;
use upload_proto::{UploadType, headers};

use crate::api::error::ApiError;

/// The `X-Upload-Type` header, where it is sent.
pub(super) fn upload_type(head: &HeaderMap) -> Result<Option<UploadType>, ApiError> {
    let Some(value) = head.get(headers::UPLOAD_TYPE) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    text.parse().map(Some).map_err(|error| ApiError::invalid(format!("X-Upload-Type: {error}")))
}

/// The `X-Upload-Type` header, where it must be sent.
pub(super) fn required_upload_type(head: &HeaderMap) -> Result<UploadType, ApiError> {
    upload_type(head)?
        .ok_or_else(|| ApiError::invalid("the header X-Upload-Type is missing, as in 'audience_csv'"))
}
