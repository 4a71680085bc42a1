use std::sync::Arc;

use axum::{Json, extract::State as Extract, http::HeaderMap};
use serde_json::{Value, json};
use upload_proto::PresignRequest;

use super::{key::new_key, upload_type::upload_type};
use crate::{
    Dialect,
    api::{
        error::ApiError,
        json::{JsonBody, read},
    },
    state::State,
};

pub(in crate::api) async fn presign(
    Extract(state): Extract<Arc<State>>,
    head: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    upload_type(&head)?;
    let request: PresignRequest = read(body, &["filename"])?;
    let key = new_key(&request.filename)?;
    let url = state.store.presign_object(&key)?;
    let url = url.expose();
    Ok(Json(match state.answer.dialect {
        Dialect::Canonical | Dialect::BareUrls => json!({ "url": url, "object_key": key }),
        Dialect::CamelCase => json!({ "url": url, "objectKey": key }),
        Dialect::PresignedUrls => json!({ "presigned_url": url, "key": key }),
    }))
}
