use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the five mistakes the platform's documentation warns of.
///
/// Its [`name`](Self::name) stands in the answer (header `x-sandbox-mistake`), in the log and in the documentation;
/// it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mistake {
    /// `/v3` in front of `/media`.
    VersionedMedia,
    /// A PUT to a presigned URL without `Content-Type: application/octet-stream`.
    MissingContentType,
    /// The bearer token or the partner header on a storage request.
    CredentialsToStorage,
    /// An ETag sent to complete with its quotes.
    QuotedEtag,
    /// An upload neither completed nor aborted, or parts sent after its abort.
    UploadLeftOpen,
}

impl Mistake {
    /// All of them, in the documentation's order.
    pub const ALL: [Self; 5] = [
        Self::VersionedMedia,
        Self::MissingContentType,
        Self::CredentialsToStorage,
        Self::QuotedEtag,
        Self::UploadLeftOpen,
    ];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VersionedMedia => "versioned_media",
            Self::MissingContentType => "missing_content_type",
            Self::CredentialsToStorage => "credentials_to_storage",
            Self::QuotedEtag => "quoted_etag",
            Self::UploadLeftOpen => "upload_left_open",
        }
    }

    /// How to make it right, in one sentence.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::VersionedMedia => "media lives on the unversioned root: POST /api/media, without /v3",
            Self::MissingContentType => {
                "the content type is signed into the URL: send Content-Type: application/octet-stream"
            }
            Self::CredentialsToStorage => {
                "the URL is the whole permission: send storage neither Authorization nor X-Preferred-Partner-Id"
            }
            Self::QuotedEtag => "strip the quotes the ETag header wears before listing it in complete",
            Self::UploadLeftOpen => {
                "stop the parts in flight, then DELETE the upload; send nothing for it afterwards"
            }
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_text_and_in_json() {
        for mistake in Mistake::ALL {
            assert_eq!(serde_json::to_string(&mistake).unwrap(), format!("\"{mistake}\""));
        }
    }
}
