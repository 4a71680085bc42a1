use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Uri, header};
use s3s::dto::{Timestamp, TimestampFormat};
use upload_proto::headers;

use super::{target::presigned, xml};
use crate::{Mistake, sandbox::request_id};

/// The header that carries a [`Mistake`]'s name.
pub(crate) const MISTAKE_HEADER: &str = "x-sandbox-mistake";
/// How far apart S3 lets the clocks be (S3 API Reference, "List of error codes", `RequestTimeTooSkewed`).
const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// An answer of the storage that is not a success, as S3 words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) mistake: Option<Mistake>,
    pub(crate) retry_after: Option<u64>,
    /// Elements of the error document that only this refusal has.
    pub(super) details: Vec<(&'static str, String)>,
    /// The `Date` to answer; `None` answers the true one.
    pub(super) date: Option<SystemTime>,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            mistake: None,
            retry_after: None,
            details: Vec::new(),
            date: None,
        }
    }

    /// What S3 answers to a URL whose life is over, with the times it names.
    pub(super) fn expired(uri: &Uri, now: SystemTime) -> Self {
        let mut refusal = Self::new(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
        if let Some(expiry) = presigned(uri).and_then(|url| url.expires_at()) {
            refusal.details.push(("Expires", timestamp(expiry)));
        }
        refusal.details.push(("ServerTime", timestamp(now)));
        refusal
    }

    /// What S3 answers when the clocks are too far apart, with a clock of its own that is off by `seconds`.
    pub(super) fn too_skewed(now: SystemTime, seconds: i32) -> Self {
        let distance = Duration::from_secs(seconds.unsigned_abs().into());
        let moved = if seconds < 0 { now.checked_sub(distance) } else { now.checked_add(distance) };
        let message = "The difference between the request time and the current time is too large.";
        let mut refusal = Self::new(StatusCode::FORBIDDEN, "RequestTimeTooSkewed", message);
        let server_time = moved.unwrap_or(now);
        refusal.date = Some(server_time);
        refusal.details.push(("RequestTime", timestamp(now)));
        refusal.details.push(("ServerTime", timestamp(server_time)));
        refusal.details.push(("MaxAllowedSkewMilliseconds", MAX_SKEW.as_millis().to_string()));
        refusal
    }

    pub(crate) fn mistake(mut self, mistake: Mistake) -> Self {
        self.message = format!("{} [{}: {}]", self.message, mistake.name(), mistake.remedy());
        self.mistake = Some(mistake);
        self
    }

    /// The error document, for the request of this id.
    pub(super) fn document(&self, id: &str) -> String {
        let mut details = String::new();
        for (name, text) in &self.details {
            details += &format!("<{name}>{}</{name}>", xml::escaped(text));
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>{details}\
             <RequestId>{id}</RequestId></Error>",
            xml::escaped(&self.code),
            xml::escaped(&self.message)
        )
    }

    pub(crate) fn response(&self) -> Response<s3s::Body> {
        let id = request_id();
        let mut response = Response::new(s3s::Body::from(Bytes::from(self.document(&id))));
        *response.status_mut() = self.status;
        let head = response.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        if let Ok(id) = id.parse() {
            head.insert(headers::S3_REQUEST_ID, id);
        }
        if let Some(date) = self.date.and_then(|date| text(date, TimestampFormat::HttpDate).parse().ok()) {
            head.insert(header::DATE, date);
        }
        if let Some(mistake) = self.mistake {
            head.insert(MISTAKE_HEADER, HeaderValue::from_static(mistake.name()));
        }
        if let Some(seconds) = self.retry_after {
            head.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A time as S3 writes it into error documents.
fn timestamp(time: SystemTime) -> String {
    text(time, TimestampFormat::DateTime)
}

fn text(time: SystemTime, format: TimestampFormat) -> String {
    let mut text = Vec::new();
    match Timestamp::from(time).format(format, &mut text) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
