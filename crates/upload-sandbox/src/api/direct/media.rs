use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State as Extract},
};
use upload_proto::{Endpoint, MediaAsset};

use super::form::FormFile;
use crate::{
    Operation,
    api::{error::ApiError, introspect},
    state::State,
};

pub(in crate::api) async fn media(
    Extract(state): Extract<Arc<State>>,
    request: Request,
) -> Result<Json<MediaAsset>, ApiError> {
    let file = FormFile::receive(&state.files, request).await?;
    let asset = MediaAsset {
        kind: kind(&file.content_type).to_owned(),
        url: introspect::file_url(&state.host, &file.place.id(), &file.filename)?,
        filename: file.filename.clone(),
    };
    file.keep(&state.files, Operation::Api(Endpoint::Media), None);
    Ok(Json(asset))
}

/// What the platform calls it. Only `image` is documented.
fn kind(content_type: &str) -> &str {
    match content_type.split_once('/') {
        Some((kind @ ("image" | "video" | "audio"), _)) => kind,
        _ => "file",
    }
}
