//! Bulk ingest: whether a body is what its kind wants, and which records are in it.

mod fields;
mod findings;
mod frame;
mod layout;
mod records;
mod store;
mod summary;

use upload_proto::{IngestKind, IngestShape, ValidationError};

pub(crate) use store::Ingested;
pub use store::IngestedKind;

/// What a body holds, when nothing is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// One record a line, as JSON.
    pub(crate) lines: Vec<u8>,
    pub(crate) records: u64,
}

/// What is wrong with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) findings: Vec<ValidationError>,
}

impl Refused {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), findings: Vec::new() }
    }
}

impl From<serde_json::Error> for Refused {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("not the JSON that is wanted: {error}"))
    }
}

/// Takes a body apart. Either all of it is taken, or nothing.
pub(crate) fn read(kind: IngestKind, body: &[u8]) -> Result<Accepted, Refused> {
    match kind.shape() {
        IngestShape::Object => summary::read(body),
        IngestShape::Records => records::read(body),
        IngestShape::DataFrame => frame::read(body),
    }
}
