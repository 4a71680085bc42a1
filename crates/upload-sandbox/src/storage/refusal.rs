use bytes::Bytes;
use http::{Response, StatusCode};
use upload_proto::headers;

use super::xml;
use crate::{Mistake, sandbox::request_id};

/// The header that carries a [`Mistake`]'s name.
pub(crate) const MISTAKE_HEADER: &str = "x-sandbox-mistake";

/// An answer of the storage that is not a success, as S3 words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) mistake: Option<Mistake>,
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), mistake: None, retry_after: None }
    }

    pub(crate) fn mistake(mut self, mistake: Mistake) -> Self {
        self.message = format!("{} [{}: {}]", self.message, mistake.name(), mistake.remedy());
        self.mistake = Some(mistake);
        self
    }

    pub(crate) fn response(&self) -> Response<s3s::Body> {
        let id = request_id();
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>\
             <RequestId>{id}</RequestId></Error>",
            self.code,
            xml::escaped(&self.message)
        );
        let mut response = Response::new(s3s::Body::from(Bytes::from(xml)));
        *response.status_mut() = self.status;
        let head = response.headers_mut();
        head.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/xml"));
        if let Ok(id) = id.parse() {
            head.insert(headers::S3_REQUEST_ID, id);
        }
        if let Some(mistake) = self.mistake {
            head.insert(MISTAKE_HEADER, http::HeaderValue::from_static(mistake.name()));
        }
        if let Some(seconds) = self.retry_after {
            head.insert(http::header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
