//! What the sandbox tells about itself, beside the platform's own endpoints and without credentials.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State as Extract},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio_util::io::ReaderStream;
use url::Url;

use super::error::ApiError;
use crate::{IngestedKind, LogSnapshot, Mistake, OpenUpload, ReceivedFile, state::State};

/// The prefix of everything here.
pub(super) const INTROSPECTION: &str = "/_sandbox/";
/// The request log.
pub(super) const LOG: &str = "/_sandbox/log";
/// The uploads left open.
pub(super) const UPLOADS: &str = "/_sandbox/uploads";
/// The files that came as forms.
pub(super) const FILES: &str = "/_sandbox/files";
/// One of them.
pub(super) const FILE: &str = "/_sandbox/files/{id}/{filename}";
/// What was taken in bulk.
pub(super) const INGESTED: &str = "/_sandbox/ingested";

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

pub(super) async fn files(Extract(state): Extract<Arc<State>>) -> Json<Vec<ReceivedFile>> {
    Json(state.files.list())
}

pub(super) async fn ingested(Extract(state): Extract<Arc<State>>) -> Json<Vec<IngestedKind>> {
    Json(state.ingested.list())
}

/// Where a file can be fetched from; the host as clients see it.
pub(super) fn file_url(host: &str, id: &str, filename: &str) -> Result<String, ApiError> {
    let unusable = |error: &dyn std::fmt::Display| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", error.to_string())
    };
    let mut url: Url = format!("{host}{FILES}").parse().map_err(|error| unusable(&error))?;
    url.path_segments_mut().map_err(|()| unusable(&"no path"))?.extend([id, filename]);
    Ok(url.into())
}

pub(super) async fn file(
    Extract(state): Extract<Arc<State>>,
    Path((id, filename)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", "no such file was received");
    let found = state.files.find(&id, &filename).ok_or_else(missing)?;
    let file = tokio::fs::File::open(&found.path).await.map_err(|_| missing())?;
    let mut answer = Body::from_stream(ReaderStream::new(file)).into_response();
    if let Ok(content_type) = HeaderValue::from_str(&found.content_type) {
        answer.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    Ok(answer)
}
