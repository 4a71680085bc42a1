use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;

use crate::canned::CannedAnswer;

/// Answers as it was put down, once the request has arrived whole.
pub(super) async fn give(canned: CannedAnswer, request: Request) -> Response {
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = (status, canned.body).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
