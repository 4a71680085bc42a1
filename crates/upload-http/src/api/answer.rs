use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{ErrorBody, ValidationError};

use super::credentials::Credentials;
use crate::response::{quotable, without};

/// What the API answered, read to its end.
pub(crate) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
    /// The server's clock when it answered.
    pub(crate) server_time: Option<SystemTime>,
    pub(super) body: Vec<u8>,
    /// What was sent: kept to be taken out of the server's words, should they echo it.
    pub(super) credentials: Credentials,
}

impl Answer {
    pub(super) fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// The body as what the call answers.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, TransportError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // serde's own words quote values, which may be secrets: only the place is told.
            let trouble = match error.classify() {
                serde_json::error::Category::Data => "JSON of an unexpected shape",
                _ if self.is_empty() => "an empty body",
                _ => "broken JSON",
            };
            let kind = self.content_type.as_deref().unwrap_or("no content type");
            self.bad(format!(
                "the API answered {} with {trouble} (line {}, column {}; {})",
                self.status,
                error.line(),
                error.column(),
                self.quote(kind),
            ))
        })
    }

    /// A success with a page in it comes from something else than the API: a proxy, a sign-in portal.
    pub(crate) fn refuse_html(&self) -> Result<(), TransportError> {
        match &self.content_type {
            Some(kind) if kind.to_ascii_lowercase().starts_with("text/html") => {
                Err(self.bad(format!("the API answered {} with a page (text/html)", self.status)))
            }
            _ => Ok(()),
        }
    }

    /// An error document inside a success is an error. Whoever has to send the status before the outcome is known does
    /// so, as S3 when it completes an upload (S3 API Reference, "CompleteMultipartUpload").
    pub(crate) fn refuse_error(self) -> Result<Self, TransportError> {
        let body: ErrorBody = serde_json::from_slice(&self.body).unwrap_or_default();
        let Some(code) = body.error_code.as_deref().filter(|_| body.validation_errors.is_empty()) else {
            return Ok(self);
        };
        let kind = match code {
            "NoSuchUpload" | "NoSuchKey" | "NOT_FOUND" => Kind::NotFound,
            "SlowDown" | "RATE_LIMITED" => Kind::Throttled,
            "InvalidPart" | "InvalidPartOrder" | "EntityTooSmall" | "EntityTooLarge" | "MalformedXML"
            | "VALIDATION_ERROR" => Kind::Rejected,
            // S3's own advice for all the others is to try again.
            _ => Kind::Server,
        };
        Err(self.error(kind, &body, " with an error inside".into()))
    }

    /// The platform may refuse content inside a success: a non-empty `validation_errors` where none is expected.
    pub(super) fn refuse_validation_errors(&self) -> Result<(), TransportError> {
        let Ok(body) = serde_json::from_slice::<ErrorBody>(&self.body) else { return Ok(()) };
        if body.validation_errors.is_empty() {
            return Ok(());
        }
        Err(self.error(Kind::Rejected, &body, String::new()))
    }

    /// An answer that is not what this API answers.
    pub(super) fn bad(&self, message: String) -> TransportError {
        TransportError {
            status: Some(self.status),
            request_id: self.request_id.clone(),
            ..TransportError::new(Kind::BadAnswer, message)
        }
    }

    /// What an answer that is no success comes to.
    pub(crate) fn into_error(self) -> TransportError {
        let kind = match self.status {
            300..=399 => {
                let status = self.status;
                return self.bad(format!(
                    "the API answered with a redirect ({status}), which is not followed: it would carry the \
                     credentials elsewhere"
                ));
            }
            401 => Kind::Unauthorized,
            403 => Kind::Forbidden,
            404 => Kind::NotFound,
            405 | 501 => Kind::Unsupported,
            408 => Kind::Stalled,
            429 => Kind::Throttled,
            400..=499 => Kind::Rejected,
            500..=599 => Kind::Server,
            _ => Kind::BadAnswer,
        };
        let context = match (kind, &self.credentials) {
            (Kind::Unauthorized, Credentials::Bearer { .. }) => {
                " (the access token is dead or not accepted)".to_owned()
            }
            (Kind::Forbidden, Credentials::Bearer { partner, .. }) => format!(" for partner {partner}"),
            _ => String::new(),
        };
        let body = serde_json::from_slice(&self.body).unwrap_or_default();
        self.error(kind, &body, context)
    }

    fn error(&self, kind: Kind, body: &ErrorBody, context: String) -> TransportError {
        let mut message = format!("the API answered {}{context}", self.status);
        if let Some(summary) = body.summary() {
            message.push_str(": ");
            message.push_str(&self.quote(&summary));
        }
        TransportError {
            status: Some(self.status),
            code: body.error_code.as_deref().map(|code| self.quote(code)),
            request_id: self.request_id.clone(),
            findings: body.validation_errors.iter().map(|finding| self.unechoed(finding)).collect(),
            retry_after: self.retry_after,
            ..TransportError::new(kind, message)
        }
    }

    /// A finding in full, but for what we sent in confidence.
    fn unechoed(&self, finding: &ValidationError) -> ValidationError {
        let clean = |text: &String| without(text, &[self.credentials.secret()]);
        ValidationError {
            code: clean(&finding.code),
            message: finding.message.as_ref().map(clean),
            column: finding.column.as_ref().map(clean),
            row: finding.row,
        }
    }

    fn quote(&self, text: &str) -> String {
        quotable(text, &[self.credentials.secret()])
    }
}
