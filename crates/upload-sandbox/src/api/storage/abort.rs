use std::sync::Arc;

use axum::{
    extract::State as Extract,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use upload_proto::AbortRequest;

use super::{detached::detached, key::check_known};
use crate::{
    api::{
        error::ApiError,
        json::{JsonBody, read},
    },
    state::State,
};

pub(in crate::api) async fn abort(
    Extract(state): Extract<Arc<State>>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let request: AbortRequest = read(body, &["upload_id", "object_key"])?;
    check_known(request.object_key.as_str(), "NoSuchUpload")?;
    let store = Arc::clone(&state.store);
    detached(async move { store.abort(request.object_key.as_str(), request.upload_id.as_str()).await })
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
