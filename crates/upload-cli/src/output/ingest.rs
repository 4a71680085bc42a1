//! What there is to say of records sent in bulk.

use std::path::PathBuf;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{ErrorNote, Findings, Status};

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BatchStatus {
    Accepted,
    Refused,
    /// The answer was lost: it may have arrived.
    Unknown,
    NotSent,
}

/// How many records came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RowCounts {
    /// That were to be sent; known once the input was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read: Option<u64>,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_sent: Option<u64>,
}

/// The end of a run.
#[derive(Debug, Serialize)]
pub(crate) struct IngestResult {
    pub(crate) file: String,
    pub(crate) status: Status,
    pub(crate) pattern: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) rows: RowCounts,
    pub(crate) batches: u64,
    pub(crate) seconds: f64,
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
    /// Where refused records are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dead_letter: Option<PathBuf>,
    /// Where those are kept whose answer was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation: Option<Findings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorNote>,
}

/// What a run would send.
#[derive(Debug, Serialize)]
pub(crate) struct IngestPlan<'a> {
    pub(crate) file: &'a str,
    pub(crate) kind: &'static str,
    pub(crate) rows: u64,
    pub(crate) batches: u64,
    /// A CSV's columns and their types.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    pub(crate) columns: Vec<(&'a str, &'static str)>,
    /// The first record as it would be sent.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    pub(crate) first: Option<&'a str>,
}

fn as_map<S: Serializer>(columns: &[(&str, &str)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(columns.len()))?;
    for (name, kind) in columns {
        map.serialize_entry(name, kind)?;
    }
    map.end()
}

/// A text that is JSON already.
fn as_json<S: Serializer>(json: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    json.and_then(|json| serde_json::from_str::<&serde_json::value::RawValue>(json).ok())
        .serialize(serializer)
}
