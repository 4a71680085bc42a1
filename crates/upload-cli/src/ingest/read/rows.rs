use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader};
use memchr::memchr_iter;

use super::{InputError, text::Watch};

/// The most fields of a row.
const MOST_FIELDS: usize = 16 * 1024;

/// The rows of a CSV, each with the line it begins on. `csv` itself would tell another line wherever rows end in CRLF or
/// blank lines lie between them, so this stands on its core.
pub(super) struct Rows<'a, R> {
    bytes: R,
    watch: &'a Watch,
    core: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Lines that have ended.
    lines: u64,
}

/// A row as it stands.
pub(super) struct Row {
    pub(super) fields: Vec<String>,
    pub(super) line: u64,
}

impl<'a, R: BufRead> Rows<'a, R> {
    pub(super) fn new(bytes: R, watch: &'a Watch) -> Self {
        Self { bytes, watch, core: Reader::new(), text: vec![0; 4096], ends: vec![0; 64], lines: 0 }
    }

    /// The next one. How long it may be is the watch's business.
    pub(super) fn next(&mut self) -> Result<Option<Row>, InputError> {
        self.skip_line_ends()?;
        let line = self.lines + 1;
        let (mut filled, mut fields) = (0, 0);
        loop {
            let bytes = self.bytes.fill_buf().map_err(|error| self.watch.explain(error, line))?;
            let (text, ends) = (&mut self.text[filled..], &mut self.ends[fields..]);
            let (result, read, written, ended) = self.core.read_record(bytes, text, ends);
            self.lines += memchr_iter(b'\n', &bytes[..read]).count() as u64;
            self.bytes.consume(read);
            (filled, fields) = (filled + written, fields + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if fields < MOST_FIELDS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    let message = format!("it has more than {MOST_FIELDS} fields");
                    return Err(InputError::new(message).at_line(line));
                }
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => break,
            }
        }
        self.watch.record_ended();
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let fields = starts.zip(&self.ends[..fields]).map(|(start, end)| self.text[start..*end].to_vec());
        let fields = fields.map(String::from_utf8).collect::<Result<_, _>>();
        // Not met: what is no text has not come this far.
        let fields = fields.map_err(|error| InputError::new(error.to_string()).at_line(line))?;
        Ok(Some(Row { fields, line }))
    }

    /// Line ends between rows, half of a CRLF among them, belong to none.
    fn skip_line_ends(&mut self) -> Result<(), InputError> {
        loop {
            let line = self.lines + 1;
            let bytes = self.bytes.fill_buf().map_err(|error| self.watch.explain(error, line))?;
            let ends = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let is_past = ends < bytes.len() || bytes.is_empty();
            self.lines += memchr_iter(b'\n', &bytes[..ends]).count() as u64;
            self.bytes.consume(ends);
            if is_past {
                return Ok(());
            }
        }
    }
}
