use std::fmt::Write as _;

use http::StatusCode;

use super::super::refusal::Refusal;
use crate::{clock::Clock, sandbox::request_id};

/// What is answered to a request.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// What `Content-Length` says where it is not the body's: in an answer to HEAD.
    length: Option<u64>,
}

/// A request that is not carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(Refusal);

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self(Refusal::new(status, code, message))
    }

    pub(super) fn not_implemented() -> Self {
        let message = "The null storage keeps no bytes: it takes objects and multipart uploads, tells their sizes, and \
                       can do nothing else";
        Self::new(501, "NotImplemented", message)
    }

    pub(super) fn no_such_upload() -> Self {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                       aborted or completed.";
        Self::new(404, "NoSuchUpload", message)
    }

    #[cfg(test)]
    pub(super) fn code(&self) -> &str {
        &self.0.code
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl Answer {
    pub(super) fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, headers: Vec::new(), body: String::new(), length: None }
    }

    /// An S3 document with this element at its root.
    pub(super) fn document(root: &str, content: &str) -> Self {
        let mut answer = Self::new(200).header("Content-Type", "application/xml".into());
        answer.body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} \
             xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{root}>"
        );
        answer
    }

    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn etag(self, etag: &str) -> Self {
        self.header("ETag", format!("\"{etag}\""))
    }

    /// An answer to HEAD, about something of this size.
    pub(super) fn about(mut self, size: u64) -> Self {
        self.length = Some(size);
        self
    }

    /// As it goes over the wire.
    pub(super) fn bytes(&self, clock: Clock, to_head: bool, closes: bool) -> Vec<u8> {
        let mut text = String::with_capacity(256 + self.body.len());
        let reason = self.status.canonical_reason().unwrap_or("Unknown");
        let length = self.length.unwrap_or(self.body.len() as u64);
        let date = httpdate::fmt_http_date(clock.now());
        write!(text, "HTTP/1.1 {} {reason}\r\nDate: {date}\r\n", self.status.as_u16()).ok();
        write!(text, "x-amz-request-id: {}\r\n", request_id()).ok();
        for (name, value) in &self.headers {
            write!(text, "{name}: {value}\r\n").ok();
        }
        // RFC 9110, 8.6: none beside 204.
        if self.status != StatusCode::NO_CONTENT {
            write!(text, "Content-Length: {length}\r\n").ok();
        }
        if closes {
            text += "Connection: close\r\n";
        }
        text += "\r\n";
        if !to_head {
            text += &self.body;
        }
        text.into_bytes()
    }
}

impl From<Refused> for Answer {
    fn from(Refused(refusal): Refused) -> Self {
        let mut answer = Self::new(refusal.status.as_u16()).header("Content-Type", "application/xml".into());
        answer.body = refusal.document(&request_id());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_head_tells_a_length_and_has_no_body() {
        let told = |answer: Answer, to_head| {
            String::from_utf8(answer.bytes(Clock::default(), to_head, false)).unwrap()
        };
        let about = told(Answer::new(200).etag("e").about(7), true);
        assert!(about.starts_with("HTTP/1.1 200 OK\r\n") && about.ends_with("\r\n\r\n"), "{about}");
        assert!(
            about.contains("\r\nContent-Length: 7\r\n") && about.contains("\r\nETag: \"e\"\r\n"),
            "{about}"
        );
        let refused = told(Refused::no_such_upload().into(), true);
        assert!(
            refused.starts_with("HTTP/1.1 404 Not Found\r\n") && refused.ends_with("\r\n\r\n"),
            "{refused}"
        );
        let gone = told(Answer::new(204), false);
        assert!(!gone.contains("Content-Length"), "{gone}");
    }
}
