//! Faults on the API.

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{
    cut::cut,
    error::{ApiError, Refused},
};
use crate::{
    ErrorCode, EtagFault, FaultAction as Action,
    net::{Connection, elsewhere},
    sandbox::random_hex,
};

/// A page as a proxy would answer it.
const PAGE: &str = "<!DOCTYPE html>\n<html><body><h1>Something is in the way</h1></body></html>\n";
/// The longest answer that is changed; initiate with 10,000 URLs is well below.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Answers a request as a fault says, carrying it out where that is part of it.
pub(super) async fn meet(action: Action, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Connection>().cloned().unwrap_or_default();
    match action {
        Action::Status(status) => injected(status, None).into_response(),
        Action::StatusRetryAfter(status, after) => {
            injected(status, None).retry_after(Some(after)).into_response()
        }
        Action::StatusCode { status, code, retry_after } => {
            injected(status, Some(&code)).retry_after(retry_after).into_response()
        }
        Action::Reject { status, code, close } => {
            connection.close_after_answer(close);
            let mut answer = injected(status, code.as_ref()).into_response();
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            answer
        }
        Action::Stall { after } => {
            skip(request.body_mut(), after).await;
            ignored(request).await
        }
        Action::Reset { after } => {
            skip(request.body_mut(), after).await;
            connection.reset();
            ignored(request).await
        }
        Action::ResetAfterBody => {
            skip(request.body_mut(), u64::MAX).await;
            connection.reset();
            ignored(request).await
        }
        Action::LoseAnswer => {
            drop(next.run(request).await);
            connection.reset();
            std::future::pending().await
        }
        Action::Slow(rate) => {
            connection.slow_down(rate);
            next.run(request).await
        }
        Action::ErrorInSuccess { code } => {
            // Nobody answers success before the last byte.
            skip(request.body_mut(), u64::MAX).await;
            error_in_success(code.as_ref())
        }
        Action::Garbage { status } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            if status.is_success() {
                drop(next.run(request).await);
            }
            (status, Html(PAGE)).into_response()
        }
        Action::Truncate => change(next.run(request).await, |text| text.slice(..text.len() / 2)).await,
        Action::Etag(fault) => change(next.run(request).await, |text| other_etag(text, fault)).await,
        Action::Cut { after } => cut(next.run(request).await, after, connection),
        Action::Redirect(status) => redirect(status, &request),
        // The storage's own.
        Action::Expire | Action::Skew(_) => next.run(request).await,
    }
}

/// Keeps the request without reading or answering it, until its connection ends.
async fn ignored(request: Request) -> Response {
    let never = std::future::pending().await;
    drop(request);
    never
}

/// Reads and throws away this many bytes, or all where there are fewer.
async fn skip(body: &mut Body, bytes: u64) {
    let mut left = bytes;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len) as u64);
    }
}

/// Changes the bytes of a success.
async fn change(answer: Response, change: impl FnOnce(Bytes) -> Bytes) -> Response {
    if !answer.status().is_success() {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    match to_bytes(body, MAX_ANSWER).await {
        Ok(text) => {
            head.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(head, Body::from(change(text)))
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be read, to change it");
            injected(500, None).into_response()
        }
    }
}

fn other_etag(text: Bytes, fault: EtagFault) -> Bytes {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&text) else { return text };
    match fault {
        EtagFault::Missing => drop(answer.remove("etag")),
        // Complete answers the MD5 of its parts' MD5s, and their number behind it.
        EtagFault::Wrong => drop(answer.insert("etag".into(), format!("{}-1", random_hex(32)).into())),
        EtagFault::NotMd5 => drop(answer.insert("etag".into(), random_hex(32).into())),
    }
    Value::from(answer).to_string().into()
}

fn error_in_success(code: Option<&ErrorCode>) -> Response {
    let code = code.map_or("INTERNAL_ERROR", ErrorCode::as_str).to_owned();
    let body = json!({
        "message": "this answer was asked for by a fault rule",
        "error_code": code,
        "error_subcode": null,
    });
    let mut answer = Json(body).into_response();
    answer.extensions_mut().insert(Refused { code, mistake: None });
    answer
}

fn redirect(status: u16, request: &Request) -> Response {
    let mut answer = StatusCode::from_u16(status).unwrap_or(StatusCode::TEMPORARY_REDIRECT).into_response();
    if let Some(location) = elsewhere(request.extensions(), request.headers(), request.uri()) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

fn injected(status: u16, code: Option<&ErrorCode>) -> ApiError {
    let status = StatusCode::from_u16(status).ok().filter(|s| s.is_client_error() || s.is_server_error());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let usual = match status {
        StatusCode::TOO_MANY_REQUESTS => "RATE_LIMITED",
        StatusCode::UNAUTHORIZED => "INVALID_TOKEN",
        StatusCode::FORBIDDEN => "FORBIDDEN",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        _ => "INJECTED",
    };
    let code = code.map_or(usual, ErrorCode::as_str);
    ApiError::new(status, code, "this answer was asked for by a fault rule")
}
