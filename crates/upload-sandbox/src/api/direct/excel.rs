use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State as Extract},
    http::StatusCode,
};
use serde_json::{Value, json};
use upload_proto::{Endpoint, ValidationError};

use super::form::FormFile;
use crate::{
    Operation,
    api::{error::ApiError, query},
    state::State,
    workbook::{Finding, Kind, Unusable, review},
};

/// The sales figures of one event as a workbook (the answer to a success is assumed).
pub(in crate::api) async fn excel(
    Extract(state): Extract<Arc<State>>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let eid = query::value(request.uri(), "eid")?;
    let file = FormFile::receive(&state.files, request).await?;
    let path = file.place.path().to_owned();
    let reviewed = tokio::task::spawn_blocking(move || review(&path)).await;
    let review = match reviewed.map_err(ApiError::gave_up)? {
        Ok((Kind::Xlsx, review)) => review,
        Ok((Kind::Xls, _)) => return Err(refused("NOT_XLSX", "only .xlsx is taken here".into())),
        Err(unusable) => return Err(refused(unusable.code(), told(&unusable))),
    };
    if !review.findings.is_empty() {
        let findings = review.findings.into_iter().map(validation_error).collect();
        return Err(ApiError::invalid("the workbook has rows that cannot be taken").findings(findings));
    }
    file.keep(&state.files, Operation::Api(Endpoint::IngestTransactionSummaryExcel), Some(eid));
    Ok(Json(json!({ "message": "ok", "rows": review.rows })))
}

fn told(unusable: &Unusable) -> String {
    format!("the file is no workbook that can be taken: {unusable}")
}

fn refused(code: &str, message: String) -> ApiError {
    let finding = ValidationError { code: code.into(), message: None, row: None, column: None };
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", message).findings(vec![finding])
}

fn validation_error(finding: Finding) -> ValidationError {
    ValidationError {
        code: finding.problem.code().into(),
        message: Some(finding.problem.message().into()),
        row: Some(finding.row),
        column: Some(finding.column),
    }
}
