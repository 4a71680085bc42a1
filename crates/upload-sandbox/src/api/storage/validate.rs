use std::{path::Path, sync::Arc};

use axum::{Json, extract::State as Extract, http::HeaderMap};
use upload_proto::{UploadType, ValidateRequest, ValidateResponse, ValidationError};

use super::{key::check_known, upload_type::required_upload_type};
use crate::{
    api::{
        error::ApiError,
        json::{JsonBody, read},
    },
    csv_check::CsvCheck,
    state::State,
    storage::StoreError,
};

pub(in crate::api) async fn validate(
    Extract(state): Extract<Arc<State>>,
    head: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Json<ValidateResponse>, ApiError> {
    let kind = required_upload_type(&head)?;
    let request: ValidateRequest = read(body, &["object_key"])?;
    let key = request.object_key.as_str();
    check_known(key, "NoSuchKey")?;
    // Bytes that were thrown away cannot be looked at: that there were some has to do.
    if state.store.keeps_no_bytes() {
        let validation_errors = if state.store.size(key).await? == 0 { vec![empty()] } else { Vec::new() };
        return Ok(Json(ValidateResponse { valid: validation_errors.is_empty(), validation_errors }));
    }
    let mut object = state.store.get(key).await?;
    let validation_errors = if is_csv(&kind, key) {
        let mut check = CsvCheck::new();
        while let Some(chunk) = object.chunk().await.map_err(StoreError::from)? {
            check.feed(&chunk);
            // A gigabyte must not keep the parts of other uploads waiting.
            tokio::task::yield_now().await;
        }
        check.finish()
    } else if object.content_length() == Some(0) {
        vec![empty()]
    } else {
        Vec::new()
    };
    Ok(Json(ValidateResponse { valid: validation_errors.is_empty(), validation_errors }))
}

fn empty() -> ValidationError {
    let message = Some("the object is empty".into());
    ValidationError { code: "EMPTY_FILE".into(), message, row: None, column: None }
}

fn is_csv(kind: &UploadType, key: &str) -> bool {
    let extension = Path::new(key).extension();
    kind.as_str().ends_with("_csv") || extension.is_some_and(|ext| ext.eq_ignore_ascii_case("csv"))
}
