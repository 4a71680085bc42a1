use std::sync::Arc;

use axum::{Json, extract::State as Extract};
use serde_json::{Value, json};

use crate::state::State;

/// Health (answer assumed).
pub(super) async fn status() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The partners the token may act for (answer assumed).
pub(super) async fn partners(Extract(state): Extract<Arc<State>>) -> Json<Value> {
    Json(json!([{ "id": state.partner.as_str(), "name": "Sandbox" }]))
}
