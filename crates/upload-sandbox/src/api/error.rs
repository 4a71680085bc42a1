use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    Mistake,
    storage::{MISTAKE_HEADER, StoreError},
};

/// An answer of the API that is not a success, in the platform's error body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) mistake: Option<Mistake>,
    pub(super) retry_after: Option<u64>,
}

/// What of a refusal goes into the log; stands in the answer's extensions.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) mistake: Option<Mistake>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), mistake: None, retry_after: None }
    }

    /// 422: the request is understood and wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", message)
    }

    pub(super) fn mistake(mut self, mistake: Mistake) -> Self {
        self.message = format!("{} [{}: {}]", self.message, mistake.name(), mistake.remedy());
        self.mistake = Some(mistake);
        self
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            // The storage's verdict on what the client asked for is the client's to know, in S3's words.
            StoreError::Refused {
                status: status @ (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND),
                code,
                message,
            } => Self::new(status, code, message),
            other => {
                tracing::error!(error = %other, "the sandbox's storage failed");
                Self::new(StatusCode::BAD_GATEWAY, "STORAGE_ERROR", other.to_string())
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = json!({
            "message": self.message,
            "error_code": self.code,
            "error_subcode": null,
        });
        if let Some(mistake) = self.mistake {
            body["mistake"] = mistake.name().into();
        }
        let mut response = (self.status, Json(body)).into_response();
        if let Some(mistake) = self.mistake {
            response.headers_mut().insert(MISTAKE_HEADER, HeaderValue::from_static(mistake.name()));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Refused { code: self.code, mistake: self.mistake });
        response
    }
}
