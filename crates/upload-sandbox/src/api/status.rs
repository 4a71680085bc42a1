use axum::Json;
use serde_json::{Value, json};

/// Health (answer assumed).
pub(super) async fn status() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
