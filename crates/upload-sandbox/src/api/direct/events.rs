use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State as Extract},
    http::StatusCode,
};
use serde_json::{Value, json};
use upload_proto::{Endpoint, EventType};

use super::form::FormFile;
use crate::{
    Operation,
    api::{error::ApiError, query},
    content::Problem,
    state::State,
    workbook::{Finding, Kind, Unusable, review},
};

/// What an `.xlsx` must be announced as (bulk event upload page).
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Event workbooks, by the CR API, which speaks a dialect of its own.
pub(in crate::api) async fn events(
    Extract(state): Extract<Arc<State>>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    take(&state, request).await.map(Json).map_err(ApiError::in_detail)
}

async fn take(state: &State, request: Request) -> Result<Value, ApiError> {
    let event_type: EventType = query::value(request.uri(), "event_type")?
        .parse()
        .map_err(|error: upload_proto::UnknownEventType| ApiError::invalid(error.to_string()))?;
    let file = FormFile::receive(&state.files, request).await?;
    let path = file.place.path().to_owned();
    let reviewed = tokio::task::spawn_blocking(move || review(&path)).await;
    let (kind, review) = match reviewed.map_err(ApiError::gave_up)? {
        Ok(reviewed) => reviewed,
        // A workbook that holds nothing to take is refused inside a success, as rows are.
        Err(empty @ (Unusable::NoSheet | Unusable::NoHeader | Unusable::NoRows)) => {
            return Ok(json!({ "detail": [{ "name": empty.code() }] }));
        }
        Err(unusable) => {
            let message = format!("the file is no workbook that can be taken: {unusable}");
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, unusable.code(), message));
        }
    };
    if kind == Kind::Xlsx && file.content_type != XLSX {
        let message = format!("an .xlsx is sent as {XLSX}, not as '{}'", file.content_type);
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    // HTTP says 200 for both; "400" inside means nothing (bulk event upload page).
    if review.findings.is_empty() {
        let parameter = Some(event_type.as_str().to_owned());
        file.keep(&state.files, Operation::Api(Endpoint::EventsBulkUpload), parameter);
        return Ok(json!([400, []]));
    }
    let errors: Value = review.findings.iter().map(|finding| json!({ "errCode": code(finding) })).collect();
    Ok(json!([400, errors]))
}

fn code(finding: &Finding) -> String {
    match finding.problem {
        Problem::InvalidDate => format!("ROW_{}_INVALID_DATE", finding.row),
        Problem::Missing => format!("ROW_{}_NO_{}", finding.row, finding.column.to_uppercase()),
    }
}
