//! From bytes to records, in bounded memory.

mod csv;
mod json;
mod lines;
mod rows;
#[cfg(test)]
mod tests;
mod text;

use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
};

use upload_proto::{IngestKind, IngestShape};

pub(super) use self::json::compact;
use self::text::{Text, Watch};
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
    let watch = Watch::default();
    let bytes = BufReader::with_capacity(BUFFER, Text::new(bytes, watch.clone()));
    let in_first_line = |error| watch.explain(error, 1);
    let mut bytes = without_mark(bytes).map_err(in_first_line)?;
    let format = match input.format.or_else(|| by_name(name)) {
        Some(format) => format,
        None => by_content(&mut bytes).map_err(in_first_line)?,
    };
    let mut checked = Summaries(reading);
    let reading: &mut dyn Reading = match input.kind.shape() {
        IngestShape::Object => &mut checked,
        IngestShape::Records | IngestShape::DataFrame => checked.0,
    };
    let count = match format {
        Format::Json | Format::Ndjson => json::read(bytes, format == Format::Ndjson, &watch, reading)?,
        Format::Csv => csv::read(input, bytes, &watch, reading)?,
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
        summary::check(&record.json).map_err(|error| error.at_line(record.line))?;
        self.0.record(record)
    }
}

/// The same bytes without a byte order mark, however small the pieces are they come in. What stands up to the end of the first
/// line that is not blank comes in one piece, if it is no longer than a buffer.
fn without_mark(mut bytes: impl BufRead) -> io::Result<impl BufRead> {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut start = Vec::new();
    let mut head = (&mut bytes).take(BUFFER as u64);
    while start.strip_prefix(MARK).unwrap_or(&start).trim_ascii().is_empty()
        && head.read_until(b'\n', &mut start)? > 0
    {}
    let marked = start.starts_with(MARK);
    let mut start = Cursor::new(start);
    start.set_position(if marked { MARK.len() as u64 } else { 0 });
    Ok(start.chain(bytes))
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

fn by_content(bytes: &mut impl BufRead) -> io::Result<Format> {
    let start = bytes.fill_buf()?.trim_ascii_start();
    Ok(match start.first() {
        Some(b'{') if first_line_is_whole(start) => Format::Ndjson,
        Some(b'[' | b'{') => Format::Json,
        _ => Format::Csv,
    })
}

fn first_line_is_whole(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').next().filter(|line| line.len() < start.len());
    line.is_some_and(|line| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok())
}
