//! What the sandbox tells about itself, beside the platform's own endpoints and without credentials.

use std::sync::Arc;

use axum::{Json, extract::State as Extract};
use serde::Serialize;

use crate::{LogSnapshot, Mistake, OpenUpload, state::State};

/// The prefix of everything here.
pub(super) const INTROSPECTION: &str = "/_sandbox/";
/// The request log.
pub(super) const LOG: &str = "/_sandbox/log";
/// The uploads left open.
pub(super) const UPLOADS: &str = "/_sandbox/uploads";

#[derive(Debug, Serialize)]
pub(super) struct Uploads {
    open: Vec<OpenUpload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

pub(super) async fn log(Extract(state): Extract<Arc<State>>) -> Json<LogSnapshot> {
    Json(state.log.snapshot())
}

pub(super) async fn uploads(Extract(state): Extract<Arc<State>>) -> Json<Uploads> {
    let open = state.uploads.open();
    let mistake = Mistake::UploadLeftOpen;
    let hint = (!open.is_empty()).then(|| {
        format!(
            "an upload that stays here when its client has ended is {}: {}",
            mistake.name(),
            mistake.remedy()
        )
    });
    Json(Uploads { open, hint })
}
