use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State as Extract},
    http::StatusCode,
};
use serde_json::{Value, json};
use upload_proto::IngestKind;

use super::{body, error::ApiError};
use crate::{
    ingest::{Refused, read},
    state::State,
};

/// Takes records in (the answer to a success is assumed).
pub(super) async fn ingest(
    kind: IngestKind,
    Extract(state): Extract<Arc<State>>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let body = body::json(request, state.ingest_limit).await?;
    // A batch takes milliseconds to read, and other requests are not to wait for it.
    let taken = tokio::task::spawn_blocking(move || {
        let accepted = read(kind, &body)?;
        state.ingested.keep(kind, &accepted).map_err(unwritable)?;
        Ok::<_, ApiError>(accepted.records)
    });
    let records = taken.await.map_err(ApiError::gave_up)??;
    Ok(Json(json!({ "message": "ok", "accepted": records })))
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::invalid(refused.message).findings(refused.findings)
    }
}

fn unwritable(error: std::io::Error) -> ApiError {
    tracing::error!(%error, "records could not be written down");
    let message = format!("the sandbox could not keep the records: {error}");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "STORAGE_ERROR", message)
}
