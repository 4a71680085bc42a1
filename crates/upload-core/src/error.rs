use std::{error::Error, fmt, time::Duration};

use upload_proto::ValidationError;

/// What kind of trouble a request met; each kind has one retry rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection came about: name not resolved, refused, unreachable. Retried.
    Connect,
    /// The TLS handshake failed, usually over a certificate. Not retried: it would fail the same way.
    Tls,
    /// The connection broke in mid-request. Retried.
    Reset,
    /// No byte moved for the idle timeout, or the server said so itself (408, S3's `RequestTimeout`). Retried.
    Stalled,
    /// A part moved so much slower than its peers that another connection promises more. Retried, at once.
    Slow,
    /// Too many requests: 429, or S3's `SlowDown`. Retried, with a longer wait.
    Throttled,
    /// The server failed: 500, 502, 503, 504, S3's `InternalError`. Retried.
    Server,
    /// The storage accepted a part without naming its ETag, so it could not be listed in complete. Retried.
    MissingETag,
    /// The storage has other bytes than were sent, by its own checksum. A part is retried.
    Corrupted,
    /// An answer that is not what this API answers: HTML, broken JSON, a redirect. Not retried.
    BadAnswer,
    /// The token is missing, dead or refused (401). Not retried here.
    Unauthorized,
    /// The API's 403: wrong partner or missing permission. Not retried.
    Forbidden,
    /// The storage's 403: the presigned URL is not accepted as it was used. Not retried.
    StorageDenied,
    /// The presigned URL's life is over. Not retried with the same URL.
    Expired,
    /// 404, S3's `NoSuchUpload`. Not retried.
    NotFound,
    /// The endpoint exists but not for this method (405), or not yet (501). Not retried.
    Unsupported,
    /// The request or its content was refused (400, 409, 413, 422, …). Not retried.
    Rejected,
    /// The local bytes could not be read. Not retried.
    Source,
    /// Anything else. Not retried.
    Other,
}

impl TransportErrorKind {
    /// Whether the same request may be sent again and stands a chance.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Connect
            | Self::Reset
            | Self::Stalled
            | Self::Slow
            | Self::Throttled
            | Self::Server
            | Self::MissingETag
            | Self::Corrupted => true,
            Self::Tls
            | Self::BadAnswer
            | Self::Unauthorized
            | Self::Forbidden
            | Self::StorageDenied
            | Self::Expired
            | Self::NotFound
            | Self::Unsupported
            | Self::Rejected
            | Self::Source
            | Self::Other => false,
        }
    }

    /// Whether the server may have carried the request out although no answer says so.
    ///
    /// What creates something on the server is not sent again after such an error, unless twice does no harm.
    #[must_use]
    pub fn leaves_outcome_unknown(self) -> bool {
        match self {
            Self::Reset | Self::Stalled | Self::Slow | Self::BadAnswer | Self::Other => true,
            // A server's own 5xx is an answer: the platform documents it as not done and worth repeating.
            Self::Connect
            | Self::Tls
            | Self::Throttled
            | Self::Server
            | Self::MissingETag
            | Self::Corrupted
            | Self::Unauthorized
            | Self::Forbidden
            | Self::StorageDenied
            | Self::Expired
            | Self::NotFound
            | Self::Unsupported
            | Self::Rejected
            | Self::Source => false,
        }
    }

    /// The kind's stable name, as it stands in JSON output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::Stalled => "stalled",
            Self::Slow => "slow",
            Self::Throttled => "throttled",
            Self::Server => "server",
            Self::MissingETag => "missing_etag",
            Self::Corrupted => "corrupted",
            Self::BadAnswer => "bad_answer",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::StorageDenied => "storage_denied",
            Self::Expired => "expired",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
            Self::Rejected => "rejected",
            Self::Source => "source",
            Self::Other => "other",
        }
    }
}

/// One request that did not succeed.
///
/// Never holds a URL's query, a token or a body; whoever makes one sees to that.
#[derive(Debug)]
pub struct TransportError {
    /// What kind of trouble it was.
    pub kind: TransportErrorKind,
    /// What happened, in one line for people.
    pub message: String,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The server's own name for it: the API's `error_code` or S3's `Code`.
    pub code: Option<String>,
    /// The server's id of the request.
    pub request_id: Option<String>,
    /// What exactly the API refuses about the content, where it says so.
    pub findings: Vec<ValidationError>,
    /// How long the server asked to wait before the next try.
    pub retry_after: Option<Duration>,
    /// The cause beneath, where one is known.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// An error of the given kind with its one-line message and nothing else known.
    #[must_use]
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            code: None,
            request_id: None,
            findings: Vec::new(),
            retry_after: None,
            source: None,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
