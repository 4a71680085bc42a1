use std::time::Duration;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use upload_proto::ValidationError;

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
    retry_after: Option<u64>,
    findings: Vec<ValidationError>,
    shape: Shape,
}

/// Which of the documented error bodies is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shape {
    /// `{"message", "error_code", "error_subcode", "validation_errors"?}`
    #[default]
    Message,
    /// `{"detail": [{"loc", "msg", "type"}]}`
    Detail,
}

/// What of a refusal goes into the log; stands in the answer's extensions.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) mistake: Option<Mistake>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            mistake: None,
            retry_after: None,
            findings: Vec::new(),
            shape: Shape::default(),
        }
    }

    /// 422: the request is understood and wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", message)
    }

    /// 500: a task of the sandbox panicked, or the sandbox is stopping.
    pub(super) fn gave_up(error: tokio::task::JoinError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", error.to_string())
    }

    /// The same with the wait to ask for, where there is one.
    pub(super) fn retry_after(self, wait: Option<Duration>) -> Self {
        Self { retry_after: wait.map(|wait| wait.as_secs()), ..self }
    }

    /// The same with what is wrong in the content.
    pub(super) fn findings(self, findings: Vec<ValidationError>) -> Self {
        Self { findings, ..self }
    }

    /// The same in the CR API's dialect.
    pub(super) fn in_detail(self) -> Self {
        Self { shape: Shape::Detail, ..self }
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
        let mut body = match self.shape {
            Shape::Message => {
                json!({ "message": self.message, "error_code": self.code, "error_subcode": null })
            }
            Shape::Detail => {
                json!({ "detail": [{ "loc": ["body", "file"], "msg": self.message, "type": self.code }] })
            }
        };
        if !self.findings.is_empty() {
            body["validation_errors"] = json!(self.findings);
        }
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
