//! Reading a whole body, within a limit.

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::LengthLimitError;

use super::error::ApiError;

/// The body of a request that is announced as JSON.
pub(super) async fn json(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    if !is_json(request.headers()) {
        let message = "send a JSON body with Content-Type: application/json";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    let too_large = || {
        let message = format!("the body has more than {limit} bytes");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", message)
    };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), limit).await.map_err(|error| {
        let is_limit =
            std::error::Error::source(&error).is_some_and(|source| source.is::<LengthLimitError>());
        match is_limit {
            true => too_large(),
            false => ApiError::new(StatusCode::BAD_REQUEST, "BODY_UNREADABLE", format!("the body: {error}")),
        }
    })
}

fn is_json(head: &HeaderMap) -> bool {
    let content_type = head.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|text| {
        text.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    })
}
