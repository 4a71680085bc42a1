use std::io;

use csv_core::{ReadRecordResult, Reader};
use memchr::memchr_iter;

use super::{Report, encoding::Encoding, header};

/// How much is looked at between two questions whether to go on, in bytes.
const CHUNK: usize = 256 * 1024;
/// The longest record, in bytes. One that does not end within it is most likely a quote that is never closed.
const LONGEST_RECORD: usize = 4 * 1024 * 1024;
/// The most fields of a record.
const MOST_FIELDS: usize = 16 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Looks through a CSV: it is text in UTF-8, its header has names that differ, each record has as many fields as the header,
/// and `expected` columns are there. In bounded memory, however long it is.
///
/// `proceed` is told how many bytes were looked at; `false` from it ends the look, and `None` is the answer.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn check_csv(
    mut input: impl io::Read,
    expected: &[String],
    mut proceed: impl FnMut(u64) -> bool,
) -> io::Result<Option<Report>> {
    let mut scan = Scan::new(expected);
    let mut chunk = vec![0; CHUNK];
    let mut at_start = true;
    loop {
        let filled = fill(&mut input, &mut chunk)?;
        if !proceed(filled as u64) {
            return Ok(None);
        }
        let mut bytes = &chunk[..filled];
        if std::mem::take(&mut at_start) {
            bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
        }
        scan.feed(bytes);
        if scan.stopped || filled < CHUNK {
            return Ok(Some(scan.finish()));
        }
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

struct Scan<'a> {
    expected: &'a [String],
    report: Report,
    encoding: Encoding,
    reader: Reader,
    /// The fields of the record under way; only the header's are looked at.
    output: Vec<u8>,
    ends: Vec<usize>,
    filled: usize,
    fields: usize,
    /// The header's names, once they are known; never none of them.
    header: Option<Vec<String>>,
    records: u64,
    /// Lines that have ended.
    lines: u64,
    /// No byte of the next record was seen yet.
    is_fresh: bool,
    /// The line on which the record under way begins.
    began: u64,
    stopped: bool,
}

impl<'a> Scan<'a> {
    fn new(expected: &'a [String]) -> Self {
        Self {
            expected,
            report: Report::default(),
            encoding: Encoding::default(),
            reader: Reader::new(),
            output: vec![0; LONGEST_RECORD.min(CHUNK)],
            ends: vec![0; 256],
            filled: 0,
            fields: 0,
            header: None,
            records: 0,
            lines: 0,
            is_fresh: true,
            began: 1,
            stopped: false,
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        if let Some(bad) = self.encoding.feed(bytes) {
            return self.stop(if bad.byte == 0 { "NUL_BYTE" } else { "NOT_UTF8" }, bad.line, bad.describe());
        }
        self.read(bytes);
    }

    /// Notes something beyond which nothing can be told.
    fn stop(&mut self, code: &str, line: u64, message: String) {
        self.report.find(code, Some(line), None, message);
        self.stopped = true;
    }

    /// Reads records.
    fn read(&mut self, mut bytes: &[u8]) {
        loop {
            if self.is_fresh {
                // Line ends between records, half of a CRLF among them, belong to none; csv-core passes over them too.
                let ends = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                self.lines += memchr_iter(b'\n', &bytes[..ends]).count() as u64;
                bytes = &bytes[ends..];
                self.began = self.lines + 1;
                self.is_fresh = bytes.is_empty();
            }
            // No bytes at all would be the end of the file to the reader.
            if bytes.is_empty() {
                return;
            }
            let (output, ends) = (&mut self.output[self.filled..], &mut self.ends[self.fields..]);
            let (result, read, written, ended) = self.reader.read_record(bytes, output, ends);
            self.lines += memchr_iter(b'\n', &bytes[..read]).count() as u64;
            bytes = &bytes[read..];
            self.filled += written;
            self.fields += ended;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return,
                ReadRecordResult::Record => self.record(),
                ReadRecordResult::OutputFull if self.output.len() < LONGEST_RECORD => {
                    self.output.resize((self.output.len() * 2).min(LONGEST_RECORD), 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MOST_FIELDS => {
                    self.ends.resize((self.ends.len() * 2).min(MOST_FIELDS), 0);
                }
                ReadRecordResult::OutputFull => {
                    let (line, most) = (self.began, LONGEST_RECORD >> 20);
                    let message = format!(
                        "the record that begins on line {line} does not end within {most} MiB: is a quote not closed?"
                    );
                    return self.stop("RECORD_TOO_LONG", line, message);
                }
                ReadRecordResult::OutputEndsFull => {
                    let line = self.began;
                    return self.stop(
                        "TOO_MANY_FIELDS",
                        line,
                        format!("line {line} has more than {MOST_FIELDS} fields"),
                    );
                }
            }
        }
    }

    fn record(&mut self) {
        self.records += 1;
        let (width, line) = (self.fields, self.began);
        match &self.header {
            None => {
                let names = self.names();
                header::check(&names, line, self.expected, &mut self.report);
                self.header = Some(names);
            }
            Some(names) if names.len() != width => {
                // The first that is missing, or the number of the first that is too much.
                let column = names.get(width).cloned().unwrap_or_else(|| (names.len() + 1).to_string());
                let message = format!("line {line} has {width} field(s), the header has {}", names.len());
                self.report.find("ROW_WIDTH", Some(line), Some(column), message);
            }
            Some(_) => {}
        }
        (self.filled, self.fields, self.is_fresh) = (0, 0, true);
    }

    fn names(&self) -> Vec<String> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let fields = starts.zip(&self.ends[..self.fields]);
        fields.map(|(start, end)| String::from_utf8_lossy(&self.output[start..*end]).into_owned()).collect()
    }

    fn finish(mut self) -> Report {
        if self.stopped {
            return self.report;
        }
        if let Some(bad) = self.encoding.finish() {
            self.report.find("NOT_UTF8", Some(bad.line), None, bad.describe());
            return self.report;
        }
        if !self.is_fresh {
            // Ends the last record, unless a quote is open: then it is one more byte of the record.
            self.read(b"\n");
        }
        if !self.is_fresh && !self.stopped {
            let line = self.began;
            let message = format!(
                "a quote in the record that begins on line {line} is not closed before the file ends"
            );
            self.report.find("OPEN_QUOTE", Some(line), None, message);
            self.records += 1;
        }
        match self.records {
            0 => self.report.find("EMPTY_FILE", None, None, "there is nothing in it"),
            1 => self.report.warning = Some("it has a header and no row below it".into()),
            _ => {}
        }
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::codes;

    fn checked(content: impl AsRef<[u8]>) -> Report {
        check_csv(content.as_ref(), &[], |_| true).unwrap().unwrap()
    }

    #[test]
    fn what_is_well_formed_passes() {
        let plain = "id,name\n1,Ada\n2,\"Grace, H.\"\n3,\"two\nlines\"\n";
        for content in [
            plain.to_owned(),
            plain.replace('\n', "\r\n"),
            format!("\u{feff}{plain}"),
            plain.trim_end().to_owned(),
        ] {
            let report = checked(&content);
            assert!(report.is_clean() && report.warning.is_none(), "{content:?}: {report:?}");
        }
        assert!(checked("id,name\n").warning.unwrap().contains("no row"));
    }

    #[test]
    fn what_is_not_is_named_with_its_line() {
        for (content, expected) in [
            (&b""[..], vec![("EMPTY_FILE", None, None)]),
            (b"\xEF\xBB\xBF", vec![("EMPTY_FILE", None, None)]),
            (
                b"a,b\n1,2\n3\n4,5\n6,7,8\n",
                vec![("ROW_WIDTH", Some(3), Some("b")), ("ROW_WIDTH", Some(5), Some("3"))],
            ),
            (
                b"a,b\r\n1,2\r\n3\r\n4,5\r\n6,7,8\r\n",
                vec![("ROW_WIDTH", Some(3), Some("b")), ("ROW_WIDTH", Some(5), Some("3"))],
            ),
            (b"a,b\n1,\"x\ny\"\n3\n", vec![("ROW_WIDTH", Some(4), Some("b"))]),
            (b"a,b\n1,\xE9\n", vec![("NOT_UTF8", Some(2), None)]),
            (b"a,b\n1,\0\n", vec![("NUL_BYTE", Some(2), None)]),
            (b"a,a\n1,2\n", vec![("DUPLICATE_NAME", Some(1), Some("a"))]),
            (b"\n\na,\n1,2\n", vec![("EMPTY_NAME", Some(3), Some("2"))]),
            (b"a,b\n1,\"x\n2,y\n3,z\n", vec![("OPEN_QUOTE", Some(2), None)]),
            // With as many fields as it should have, and in a single line: only the quote gives it away.
            (b"a,b\n1,2\n3,\"x", vec![("OPEN_QUOTE", Some(3), None)]),
            (b"a,b\n1,2\n3,\"", vec![("OPEN_QUOTE", Some(3), None)]),
            (b"a,\"b", vec![("OPEN_QUOTE", Some(1), None)]),
            // An odd number of quotes is no open one: a field that begins without may have them in it.
            (b"a,b\n5\" disk,\"two\nlines\"", vec![]),
            (b"a,b\n1,\"x\"", vec![]),
        ] {
            assert_eq!(codes(&checked(content)), expected, "{:?}", String::from_utf8_lossy(content));
        }
    }

    /// Gives a byte at a time, or whatever is asked for.
    struct Trickle<'a>(&'a [u8], usize);

    impl io::Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(self.1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn where_chunks_end_changes_nothing() {
        let rows = "\"é\r\n\",2\r\n3\r\n".repeat(40_000);
        let content = format!("a,b\r\n{rows}");
        let shifted = format!("a,b,c\r\n{rows}");
        for content in [content, shifted] {
            let whole = checked(&content);
            let trickled = check_csv(Trickle(content.as_bytes(), 7919), &[], |_| true).unwrap().unwrap();
            assert_eq!((whole.total, codes(&whole)), (trickled.total, codes(&trickled)));
            let first =
                whole.findings.iter().find(|finding| finding.message.as_ref().unwrap().contains("1 field"));
            assert_eq!(first.unwrap().line, Some(4));
        }
    }

    #[test]
    fn a_chunk_that_ends_with_a_record_is_not_the_files_end() {
        for (line, bad) in [("aaa,bbb\n", "aaabbbb\n"), ("aaa,bb\r\n", "aaabbb\r\n")] {
            let content = format!("aaa,{}", &line[4..]).replace("bb", "cc") + &line.repeat(CHUNK / 8 * 2);
            let cut = content[..CHUNK + 8 * 5].to_owned() + bad;
            let last = (CHUNK / 8 + 6) as u64;
            assert_eq!(
                codes(&checked(cut)),
                [("ROW_WIDTH", Some(last), Some(content[4..].lines().next().unwrap()))]
            );
        }
    }

    #[test]
    fn a_record_without_end_is_bounded() {
        let endless = [b"a,b\n1,\"".to_vec(), vec![b'x'; LONGEST_RECORD + CHUNK]].concat();
        assert_eq!(codes(&checked(endless)), [("RECORD_TOO_LONG", Some(2), None)]);
        let wide = format!("a\n{}\n", ",".repeat(MOST_FIELDS + 1));
        assert_eq!(codes(&checked(wide)), [("TOO_MANY_FIELDS", Some(2), None)]);
    }

    #[test]
    fn it_can_be_stopped_and_counts_all_it_finds() {
        let ragged = "a,b\n".to_owned() + &"1\n".repeat(300_000);
        assert!(check_csv(ragged.as_bytes(), &[], |_| false).unwrap().is_none());
        let report = checked(&ragged);
        assert_eq!((report.total, report.findings.len()), (300_000, 100));
    }
}
