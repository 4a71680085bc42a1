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

/// What sign-in is asked with; the wire type of the same name is only ever written.
#[derive(Deserialize)]
struct SignInRequest {
    username: String,
    password: String,
}

pub(in crate::api) async fn sign_in(
    Extract(state): Extract<Arc<State>>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let request: SignInRequest = read(body, &["username", "password"])?;
    let accounts = &state.accounts;
    if !accounts.is_right(&request.username, &request.password) {
        let message = "error.auth.invalid_credentials";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS", message));
    }
    if let Some(challenge) = &accounts.account().challenge {
        return Ok(Json(json!({ "Challenge": challenge })));
    }
    let session = accounts.sign_in(Instant::now());
    Ok(Json(json!({
        "AccessToken": session.access_token,
        "IdToken": session.id_token,
        "RefreshToken": session.refresh_token,
        "ExpiresIn": accounts.token_life().as_secs(),
        "TokenType": "Bearer",
    })))
}
