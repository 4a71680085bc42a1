use std::{sync::Arc, time::Instant};

use axum::{Json, extract::State as Extract, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::{
        error::ApiError,
        json::{JsonBody, read},
    },
    state::State,
};

/// What a refresh is asked with; the wire type of the same name is only ever written.
#[derive(Deserialize)]
struct RefreshRequest {
    token: String,
}

pub(in crate::api) async fn refresh(
    Extract(state): Extract<Arc<State>>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let request: RefreshRequest = read(body, &["token"])?;
    match state.accounts.refresh(&request.token, Instant::now()) {
        Some(token) => {
            Ok(Json(json!({ "AccessToken": token, "ExpiresIn": state.accounts.token_life().as_secs() })))
        }
        None => {
            let message = "error.auth.invalid_refresh_token: it was never given out here, or is revoked";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_REFRESH_TOKEN", message))
        }
    }
}
