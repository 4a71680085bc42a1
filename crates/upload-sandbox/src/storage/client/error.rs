use http::StatusCode;
use upload_proto::PresignedUrlError;

use super::super::xml;

/// Why the storage did not do what the API asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It refused, in S3's words.
    #[error("{code}: {message}")]
    Refused { status: StatusCode, code: String, message: String },
    /// It could not be reached or understood.
    #[error("the storage cannot be reached: {0}")]
    Unreachable(String),
    /// A URL that was signed is not one.
    #[error(transparent)]
    Presigned(#[from] PresignedUrlError),
}

impl From<reqwest::Error> for StoreError {
    fn from(error: reqwest::Error) -> Self {
        // The URL carries a signature.
        let error = error.without_url();
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            message += &format!(": {deeper}");
            cause = deeper.source();
        }
        Self::Unreachable(message)
    }
}

/// A refusal as its error document says it; without one (an answer to HEAD has none) by the status alone.
pub(super) fn refused(status: StatusCode, xml: &str) -> StoreError {
    let text = |name| xml::element(xml, name).map(String::from);
    StoreError::Refused {
        status,
        code: text("Code").unwrap_or_else(|| status.canonical_reason().unwrap_or("Unknown").replace(' ', "")),
        message: text("Message").unwrap_or_else(|| format!("the storage answered {status}")),
    }
}
