use std::time::Duration;

use super::ErrorCode;

/// What happens instead of the proper answer. Not every action makes sense at every operation; see
/// [`FaultRule::check`](crate::FaultRule::check).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultAction {
    /// Nothing is done and this status is answered: a platform error body on the API, S3's XML on the storage, each
    /// with the code that usually stands beside the status. Anything but 400 to 599 answers 500.
    Status(u16),
    /// The same with a `Retry-After` in whole seconds.
    StatusRetryAfter(u16, Duration),
    /// The same with another code than the usual one, as S3's `RequestTimeout` comes with a 400.
    StatusCode {
        /// The status, 400 to 599.
        status: u16,
        /// The platform's `error_code` or S3's `<Code>`.
        code: ErrorCode,
        /// The wait to ask for, in whole seconds.
        retry_after: Option<Duration>,
    },
    /// The status is answered before any byte of the body is read, and the connection is closed while the client is
    /// still sending.
    Reject {
        /// The status, 400 to 599.
        status: u16,
        /// The code; `None` for the usual one.
        code: Option<ErrorCode>,
        /// How the connection is closed.
        close: Close,
    },
    /// The storage calls the URL expired, as S3 does: 403 `AccessDenied`, "Request has expired".
    Expire,
    /// The storage calls the clocks too far apart, as S3 does: 403 `RequestTimeTooSkewed`, with a `Date` that is off
    /// by so many seconds.
    Skew(i32),
    /// The body's first `after` bytes are read, then nothing more: no byte is taken, no answer comes, until the
    /// client gives up or the sandbox stops.
    Stall {
        /// Bytes of the body to take first.
        after: u64,
    },
    /// The body's first `after` bytes are read, then the connection is reset (TCP RST). Nothing is done.
    Reset {
        /// Bytes of the body to take first.
        after: u64,
    },
    /// The whole body is read, then the connection is reset. Nothing is done.
    ResetAfterBody,
    /// The request is read at so many bytes a second, at least 1. What the system's own buffers hold goes faster.
    Slow(u64),
    /// The request is carried out, and the connection is reset instead of answering.
    LoseAnswer,
    /// The request is carried out, and the ETag in its answer is not as it should be.
    Etag(EtagFault),
    /// Nothing is done, and a success is answered with an error document inside. S3 does so when it completes an
    /// upload: it may have to send the status before it knows the outcome.
    ErrorInSuccess {
        /// The code; `None` for an internal error.
        code: Option<ErrorCode>,
    },
    /// A web page where the answer should be, as from a proxy. With a success status the request is carried out
    /// first.
    Garbage {
        /// The status, 200 to 599.
        status: u16,
    },
    /// The request is carried out, and half of its JSON is answered, with a length that fits.
    Truncate,
    /// The request is carried out, its answer's head and so many bytes of its body are sent, then the connection is reset.
    Cut {
        /// Bytes of the answer to send first.
        after: u64,
    },
    /// The request is sent to another host (this one by another name), 301 to 308. Nothing is done.
    Redirect(u16),
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Close {
    /// With FIN behind the answer; what the client still sends is read and thrown away for a while.
    #[default]
    Fin,
    /// With RST right behind the answer, because bytes were left unread.
    Rst,
}

/// What is wrong with an ETag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtagFault {
    /// It is another MD5 than the bytes have; the storage keeps the true one.
    Wrong,
    /// There is none.
    Missing,
    /// It is no MD5 of the bytes, as under SSE-KMS: the storage keeps it and wants it back in complete.
    NotMd5,
}

impl FaultAction {
    /// The stable name that the log and the text form use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Status(_) | Self::StatusRetryAfter(..) | Self::StatusCode { .. } => "status",
            Self::Reject { .. } => "reject",
            Self::Expire => "expire",
            Self::Skew(_) => "skew",
            Self::Stall { .. } => "stall",
            Self::Reset { .. } | Self::ResetAfterBody => "reset",
            Self::Slow(_) => "slow",
            Self::LoseAnswer => "lose_answer",
            Self::Etag(_) => "etag",
            Self::ErrorInSuccess { .. } => "error_in_200",
            Self::Garbage { .. } => "garbage",
            Self::Truncate => "truncate",
            Self::Cut { .. } => "cut",
            Self::Redirect(_) => "redirect",
        }
    }

    /// Names of every action, for messages.
    pub(super) const NAMES: &'static [&'static str] = &[
        "status",
        "reject",
        "expire",
        "skew",
        "stall",
        "reset",
        "slow",
        "lose_answer",
        "etag",
        "error_in_200",
        "garbage",
        "truncate",
        "cut",
        "redirect",
    ];
}
