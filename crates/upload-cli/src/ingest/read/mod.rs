//! From bytes to records, in bounded memory.

mod csv;
mod json;
#[cfg(test)]
mod tests;

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use upload_proto::{IngestKind, IngestShape};

pub(super) use self::json::compact;
use super::{ColumnTypes, FieldType, InputError, Record, summary};

/// The longest record, in bytes of input.
pub(super) const LONGEST_RECORD: u64 = 16 * 1024 * 1024;
const BUFFER: usize = 256 * 1024;

/// What the input is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// An array of objects, or objects one after the other
    Json,
    /// An object a line
    Ndjson,
    /// Comma-separated, with a header
    Csv,
}

/// How an input is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) kind: IngestKind,
    /// `None` goes by the name, then by the content.
    pub(crate) format: Option<Format>,
    pub(crate) types: ColumnTypes,
}

/// Gets what is read, in order.
pub(crate) trait Reading {
    /// The columns of a CSV and what their fields are taken for.
    fn columns(&mut self, _columns: &[(String, FieldType)]) {}

    /// The next record; `false` ends the reading.
    ///
    /// # Errors
    /// When the record is not what it should be, which ends the reading as well.
    fn record(&mut self, record: Record) -> Result<bool, InputError>;
}

/// Reads all records. `name` tells the format where nothing else does.
///
/// # Errors
/// At the first thing that is wrong; the records before it have been given.
pub(crate) fn read(
    input: &Input,
    name: &str,
    bytes: impl Read,
    reading: &mut dyn Reading,
) -> Result<(), InputError> {
    let mut bytes = BufReader::with_capacity(BUFFER, bytes);
    skip_mark(&mut bytes)?;
    let format = match input.format.or_else(|| by_name(name)) {
        Some(format) => format,
        None => by_content(&mut bytes)?,
    };
    let mut checked = Summaries(reading);
    let reading: &mut dyn Reading = match input.kind.shape() {
        IngestShape::Object => &mut checked,
        IngestShape::Records | IngestShape::DataFrame => checked.0,
    };
    let count = match format {
        Format::Json | Format::Ndjson => json::read(bytes, reading)?,
        Format::Csv => csv::read(input, bytes, reading)?,
    };
    match count {
        0 => Err(InputError::new("there is no record in it").hint("check what wrote it")),
        _ => Ok(()),
    }
}

/// Lets through only what is a transaction summary.
struct Summaries<'a>(&'a mut dyn Reading);

impl Reading for Summaries<'_> {
    fn columns(&mut self, columns: &[(String, FieldType)]) {
        self.0.columns(columns);
    }

    fn record(&mut self, record: Record) -> Result<bool, InputError> {
        summary::check(&record.json).map_err(|error| match record.line {
            Some(line) => error.at_line(line),
            None => InputError { message: format!("record {}: {}", record.row, error.message), ..error },
        })?;
        self.0.record(record)
    }
}

/// Passes over a byte order mark.
fn skip_mark(bytes: &mut impl BufRead) -> Result<(), InputError> {
    if bytes.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
        bytes.consume(3);
    }
    Ok(())
}

fn by_name(name: &str) -> Option<Format> {
    let extension = Path::new(name).extension()?.to_ascii_lowercase();
    match extension.to_str()? {
        "json" => Some(Format::Json),
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        "csv" => Some(Format::Csv),
        _ => None,
    }
}

fn by_content(bytes: &mut impl BufRead) -> Result<Format, InputError> {
    let first = bytes.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(match first {
        Some(b'[' | b'{') => Format::Json,
        _ => Format::Csv,
    })
}
