use std::{ops::Range, sync::Arc, time::SystemTime};

use axum::{
    Json,
    body::Body,
    extract::{Path, State as Extract},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use upload_proto::Package;

use super::error::ApiError;
use crate::{packages::List, state::State};

pub(super) async fn package(
    Extract(state): Extract<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Package>, ApiError> {
    let status = state.packages.status(&id).ok_or_else(|| unknown(&id))?;
    Ok(Json(Package { status }))
}

/// The customer list, whole or in part (RFC 9110, section 14).
pub(super) async fn customers(
    Extract(state): Extract<Arc<State>>,
    Path(id): Path<String>,
    head: HeaderMap,
) -> Result<Response, ApiError> {
    let list = state.packages.list(&id).ok_or_else(|| unknown(&id))?.map_err(|status| {
        let message = format!("package '{id}' is {}: only one that is DONE has a list", status.as_str());
        ApiError::new(StatusCode::CONFLICT, "PACKAGE_NOT_DONE", message)
    })?;
    let total = list.csv.len();
    let shared = [
        (header::CONTENT_TYPE, "text/csv".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, format!("\"{}\"", list.etag)),
        (header::LAST_MODIFIED, httpdate::fmt_http_date(list.modified)),
    ];
    let wanted = match text(&head, header::RANGE) {
        Some(range) if unchanged(&head, &list) => read_range(range, total),
        _ => Wanted::All,
    };
    let content_range = |range: String| [(header::CONTENT_RANGE, range)];
    Ok(match wanted {
        Wanted::All => (shared, Body::from(list.csv)).into_response(),
        Wanted::Part(part) => {
            let range = format!("bytes {}-{}/{total}", part.start, part.end - 1);
            let body = Body::from(list.csv.slice(part));
            (StatusCode::PARTIAL_CONTENT, shared, content_range(range), body).into_response()
        }
        Wanted::Nothing => {
            (StatusCode::RANGE_NOT_SATISFIABLE, content_range(format!("bytes */{total}"))).into_response()
        }
    })
}

fn unknown(id: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no package '{id}'"))
}

fn text(head: &HeaderMap, name: HeaderName) -> Option<&str> {
    head.get(name)?.to_str().ok()
}

/// Whether a range may be answered: without `If-Range` always, with one only where it names this very list.
fn unchanged(head: &HeaderMap, list: &List) -> bool {
    let Some(validator) = text(head, header::IF_RANGE) else { return true };
    if let Ok(date) = httpdate::parse_http_date(validator) {
        let seconds =
            |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map(|d| d.as_secs()).ok();
        return seconds(date) == seconds(list.modified);
    }
    validator == format!("\"{}\"", list.etag)
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range<usize>),
    Nothing,
}

/// One range of bytes. What is none, or several, is ignored, as a server may.
fn read_range(text: &str, total: usize) -> Wanted {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<usize>();
    let range = match (number(first), number(last)) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(total),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..total,
        (Err(_), Ok(count)) if first.trim().is_empty() => total.saturating_sub(count)..total,
        _ => return Wanted::All,
    };
    if range.is_empty() { Wanted::Nothing } else { Wanted::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        for (text, wanted) in [
            ("bytes=0-", Wanted::Part(0..10)),
            ("bytes=3-", Wanted::Part(3..10)),
            ("bytes=3-5", Wanted::Part(3..6)),
            ("bytes=3-99", Wanted::Part(3..10)),
            ("bytes=-4", Wanted::Part(6..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-3", Wanted::All),
            ("bytes=1-2,4-5", Wanted::All),
            ("lines=1-", Wanted::All),
        ] {
            assert_eq!(read_range(text, 10), wanted, "{text}");
        }
    }
}
