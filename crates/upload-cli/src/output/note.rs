use std::path::PathBuf;

use serde::{Serialize, Serializer};
use upload_core::{Progress, Retrying, Step};
use upload_proto::MediaAsset;

use super::{BatchStatus, Findings, IngestPlan, IngestResult};
use crate::error::{CliError, ErrorKind};

/// One file of a batch, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct JobId(pub(crate) u64);

/// Something that happened to a file. Its JSON is the contract with programs that read the output.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Note<'a> {
    /// Its upload begins.
    Started(Started<'a>),
    /// It is known how it is cut, or it has come to be known anew.
    Replanned { file: &'a str, part_size: u64, parts: u32 },
    /// An unfinished upload is gone on with, of whose parts so many, with so many bytes, are stored already.
    Resumed { file: &'a str, upload_id: &'a str, parts: u32, stored: u32, bytes: u64 },
    /// It begins anew, for this reason; an unfinished upload was given up.
    Restarted { file: &'a str, reason: &'a str },
    /// A part is stored.
    Part { file: &'a str, part_number: u32, bytes: u64, attempt: u32, etag: &'a str },
    /// A request failed and will be sent again.
    Retry {
        file: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        part_number: Option<u32>,
        /// What was tried, in words.
        step: String,
        reason: &'a str,
        attempt: u32,
        #[serde(serialize_with = "milliseconds")]
        wait_seconds: f64,
    },
    /// The platform is still making what is to be downloaded; it is looked at again after the wait.
    Waiting {
        file: &'a str,
        package_status: &'a str,
        wait_seconds: f64,
        /// Whether it is another status than the last time.
        #[serde(skip)]
        is_news: bool,
    },
    /// Every part is stored.
    Completing { file: &'a str },
    /// It is being given up on the platform.
    Aborting { file: &'a str },
    /// Something to know that does not stop it.
    Warning { file: &'a str, message: &'a str },
    /// What would be done.
    Planned(Started<'a>),
    /// A batch of records has come to something.
    Batch {
        file: &'a str,
        batch: u64,
        /// First and last, as counted in the input.
        rows: [u64; 2],
        status: BatchStatus,
    },
    /// What would be done with records.
    #[serde(rename = "planned")]
    IngestPlan(&'a IngestPlan<'a>),
    /// The end of records sent in bulk.
    #[serde(rename = "result")]
    Ingested(&'a IngestResult),
    /// Its end.
    Result(&'a FileResult),
}

impl<'a> Note<'a> {
    /// A call will be tried again.
    pub(crate) fn retry(file: &'a str, step: Step, retrying: &'a Retrying<'a>) -> Self {
        Self::Retry {
            file,
            part_number: None,
            step: step.to_string(),
            reason: &retrying.error.message,
            attempt: retrying.attempt,
            wait_seconds: retrying.wait.as_secs_f64(),
        }
    }
}

/// A file whose upload begins.
#[derive(Debug, Serialize)]
pub(crate) struct Started<'a> {
    pub(crate) file: &'a str,
    /// The name that the platform is told.
    pub(crate) name: &'a str,
    pub(crate) pattern: &'static str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) upload_type: Option<&'a str>,
    pub(crate) bytes: u64,
    pub(crate) parts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) part_size: Option<u64>,
    #[serde(skip)]
    pub(crate) progress: Progress,
}

/// How a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// The object exists, and the platform has nothing against it.
    Completed,
    /// It does not exist, or the platform refuses its content.
    Failed,
    /// Given up on request.
    Aborted,
    /// Never begun.
    Skipped,
}

/// A file's end, and what it took.
#[derive(Debug, Serialize)]
pub(crate) struct FileResult {
    pub(crate) file: String,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upload_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<String>,
    /// SHA-256 of what was sent, in hex, where a receipt was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retries: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resumed_parts: Option<u32>,
    /// Where a download lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathBuf>,
    /// Bytes of a download that an earlier run had brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resumed_bytes: Option<u64>,
    /// The last that was heard of a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) package_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation: Option<Findings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorNote>,
    /// What the platform made of creative media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) media: Option<MediaAsset>,
    /// What a workbook was taken as, in words.
    #[serde(skip)]
    pub(crate) taken_as: Option<String>,
    /// What `upload sessions` calls the upload, where it is still open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    /// Where a sandbox keeps the object: a file on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sandbox_file: Option<PathBuf>,
}

impl FileResult {
    /// A file that has come to nothing more than its name.
    pub(crate) fn bare(file: &str, status: Status, error: Option<&CliError>) -> Self {
        Self {
            file: file.to_owned(),
            status,
            pattern: None,
            bytes: None,
            parts: None,
            object_key: None,
            upload_id: None,
            etag: None,
            sha256: None,
            seconds: None,
            attempts: None,
            retries: None,
            resumed_parts: None,
            path: None,
            resumed_bytes: None,
            package_status: None,
            validation: None,
            error: error.map(ErrorNote::from),
            media: None,
            taken_as: None,
            session: None,
            sandbox_file: None,
        }
    }
}

/// An error, as programs read it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorNote {
    #[serde(serialize_with = "name")]
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

impl From<&CliError> for ErrorNote {
    fn from(error: &CliError) -> Self {
        let CliError { kind, message, hint, status, request_id } = error.clone();
        Self { kind, message, hint, status, request_id }
    }
}

fn name<S: Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

/// Seconds with three decimals; more would be noise.
fn milliseconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((seconds * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_what_is_documented() {
        let part = Note::Part { file: "a", part_number: 1, bytes: 5, attempt: 2, etag: "e" };
        assert_eq!(
            serde_json::to_string(&part).unwrap(),
            r#"{"event":"part","file":"a","part_number":1,"bytes":5,"attempt":2,"etag":"e"}"#
        );
        let retry = Note::Retry {
            file: "a",
            part_number: None,
            step: "s".into(),
            reason: "r",
            attempt: 1,
            wait_seconds: 0.50049,
        };
        assert_eq!(
            serde_json::to_string(&retry).unwrap(),
            r#"{"event":"retry","file":"a","step":"s","reason":"r","attempt":1,"wait_seconds":0.5}"#
        );
        let error = CliError::new(ErrorKind::LocalFile, "gone").hint("look");
        let result = FileResult::bare("a", Status::Failed, Some(&error));
        assert_eq!(
            serde_json::to_string(&Note::Result(&result)).unwrap(),
            r#"{"event":"result","file":"a","status":"failed","error":{"kind":"local_file","message":"gone","hint":"look"}}"#
        );
    }
}
