//! Whether a stored object is a CSV the platform could read.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use upload_proto::ValidationError;

/// How many problems are listed; the rest would tell nothing new.
const MAX_ERRORS: usize = 100;
/// The longest header whose names are looked at, in bytes.
const MAX_HEADER: usize = 64 * 1024;
/// Fields of one row that can be told apart; a wider row counts as this wide.
const MAX_FIELDS: usize = 16 * 1024;

/// Checks a CSV as it streams by, in constant memory: not empty, UTF-8, a header with distinct names, and every row
/// as wide as it.
pub(crate) struct CsvCheck {
    reader: Reader,
    utf8: Utf8Tail,
    /// Where the parser writes field contents; only the header's are looked at.
    fields: Box<[u8]>,
    ends: Box<[usize]>,
    filled: usize,
    found: usize,
    overflowed: bool,
    header: Option<usize>,
    row: u64,
    errors: Vec<ValidationError>,
}

impl CsvCheck {
    pub(crate) fn new() -> Self {
        Self {
            reader: ReaderBuilder::new().build(),
            utf8: Utf8Tail::default(),
            fields: vec![0; MAX_HEADER].into(),
            ends: vec![0; MAX_FIELDS].into(),
            filled: 0,
            found: 0,
            overflowed: false,
            header: None,
            row: 0,
            errors: Vec::new(),
        }
    }

    /// Takes the next piece of the object.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        let valid = self.utf8.valid_prefix(piece);
        let (good, bad) = piece.split_at_checked(valid).unwrap_or((piece, &[]));
        self.parse(good);
        if !bad.is_empty() {
            let row = Some(self.row + 1);
            self.report(
                "INVALID_ENCODING",
                row,
                "this row is not UTF-8; the encoding of what follows was not looked at".into(),
            );
            self.parse(bad);
        }
    }

    /// What is wrong with the object, now that its end has come.
    pub(crate) fn finish(mut self) -> Vec<ValidationError> {
        if self.utf8.is_cut_off() {
            let row = Some(self.row + 1);
            self.report("INVALID_ENCODING", row, "the last character is cut off".into());
        }
        // To the parser, an empty input is the end.
        self.read_records(&[]);
        match (self.header, self.row) {
            (None, _) => self.report("EMPTY_FILE", None, "there is no header row".into()),
            (Some(_), 1) => self.report("NO_DATA", None, "there is no row below the header".into()),
            _ => {}
        }
        self.errors
    }

    fn parse(&mut self, piece: &[u8]) {
        if !piece.is_empty() {
            self.read_records(piece);
        }
    }

    fn read_records(&mut self, mut input: &[u8]) {
        loop {
            let fields = self.fields.get_mut(self.filled..).unwrap_or_default();
            let ends = self.ends.get_mut(self.found..).unwrap_or_default();
            let (result, read, written, ended) = self.reader.read_record(input, fields, ends);
            input = input.get(read..).unwrap_or_default();
            self.filled += written;
            self.found += ended;
            match result {
                ReadRecordResult::InputEmpty if input.is_empty() => return,
                ReadRecordResult::InputEmpty => {}
                // What the fields hold does not matter below the header.
                ReadRecordResult::OutputFull => {
                    self.filled = 0;
                    self.overflowed = true;
                }
                ReadRecordResult::OutputEndsFull => {
                    let row = Some(self.row + 1);
                    self.report("TOO_MANY_COLUMNS", row, format!("more than {MAX_FIELDS} columns"));
                    self.found = 0;
                }
                ReadRecordResult::Record => self.end_of_row(),
                ReadRecordResult::End => return,
            }
        }
    }

    fn end_of_row(&mut self) {
        self.row += 1;
        let width = self.found;
        match self.header {
            None => {
                self.header = Some(width);
                if self.overflowed {
                    self.report("HEADER_TOO_LONG", Some(1), format!("more than {MAX_HEADER} bytes of names"));
                } else {
                    self.check_names();
                }
            }
            Some(header) if header != width => {
                let message = format!("this row has {width} fields, the header has {header}");
                self.report("ROW_WIDTH", Some(self.row), message);
            }
            Some(_) => {}
        }
        self.filled = 0;
        self.found = 0;
        self.overflowed = false;
    }

    fn check_names(&mut self) {
        let mut start = 0;
        let mut names = std::collections::HashSet::new();
        let mut wrong = Vec::new();
        for (place, end) in (1..).zip(self.ends.iter().take(self.found)) {
            let name = self.fields.get(start..*end).unwrap_or_default();
            start = *end;
            let text = String::from_utf8_lossy(name.trim_ascii()).into_owned();
            if text.is_empty() {
                wrong.push(("EMPTY_COLUMN_NAME", format!("column {place} has no name"), place.to_string()));
            } else if !names.insert(text.clone()) {
                wrong.push(("DUPLICATE_COLUMN_NAME", format!("column {place} has a name twice"), text));
            }
        }
        for (code, message, column) in wrong {
            self.report(code, Some(1), message);
            if let Some(error) = self.errors.last_mut() {
                error.column = Some(column);
            }
        }
    }

    fn report(&mut self, code: &str, row: Option<u64>, message: String) {
        if self.errors.len() < MAX_ERRORS {
            let error = ValidationError { code: code.into(), message: Some(message), row, column: None };
            self.errors.push(error);
        }
    }
}

/// Checks UTF-8 piece by piece: a character may be cut in two.
#[derive(Debug, Default)]
struct Utf8Tail {
    pending: Vec<u8>,
    failed: bool,
}

impl Utf8Tail {
    /// How many bytes of the piece belong to valid characters; all of them once a wrong one was found, since one is
    /// enough.
    fn valid_prefix(&mut self, piece: &[u8]) -> usize {
        if self.failed {
            return piece.len();
        }
        let mut taken = 0;
        while !self.pending.is_empty() {
            let Some(byte) = piece.get(taken) else { return taken };
            self.pending.push(*byte);
            match std::str::from_utf8(&self.pending) {
                Ok(_) => self.pending.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return self.fail(taken),
            }
            taken += 1;
        }
        let rest = piece.get(taken..).unwrap_or_default();
        match std::str::from_utf8(rest) {
            Ok(_) => piece.len(),
            Err(error) if error.error_len().is_none() => {
                let (_, cut) = rest.split_at(error.valid_up_to());
                self.pending.extend_from_slice(cut);
                piece.len()
            }
            Err(error) => self.fail(taken + error.valid_up_to()),
        }
    }

    fn fail(&mut self, valid: usize) -> usize {
        self.failed = true;
        self.pending.clear();
        valid
    }

    fn is_cut_off(&self) -> bool {
        !self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes and rows found, the same whatever the pieces the bytes come in.
    fn check(bytes: &[u8]) -> Vec<(String, Option<u64>)> {
        let in_pieces = |size: usize| -> Vec<_> {
            let mut check = CsvCheck::new();
            bytes.chunks(size).for_each(|piece| check.feed(piece));
            check.finish().into_iter().map(|error| (error.code, error.row)).collect()
        };
        let whole = in_pieces(bytes.len().max(1));
        for size in 1..4 {
            assert_eq!(in_pieces(size), whole, "in pieces of {size}");
        }
        whole
    }

    #[test]
    fn good_files_pass() {
        for good in [
            "a,b\n1,2\n",
            "a,b\r\n1,2",
            "\u{feff}a,b\n1,\"x,\n\"\"y\"\"\"\n",
            "name\nJosé\n",
            "a,b\n\n1,2\n\n",
        ] {
            assert_eq!(check(good.as_bytes()), [], "{good:?}");
        }
    }

    #[test]
    fn each_problem_has_its_code_and_row() {
        for (bad, code, row) in [
            (&b""[..], "EMPTY_FILE", None),
            (b"\n\n", "EMPTY_FILE", None),
            (b"a,b\n", "NO_DATA", None),
            (b"a,b\n1,2\n1\n", "ROW_WIDTH", Some(3)),
            (b"a,b\n1,2,3\n", "ROW_WIDTH", Some(2)),
            (b"a,\n1,2\n", "EMPTY_COLUMN_NAME", Some(1)),
            (b"a,a\n1,2\n", "DUPLICATE_COLUMN_NAME", Some(1)),
            (b"a\nJos\xe9\nx\n", "INVALID_ENCODING", Some(2)),
            (b"a\nJos\xc3", "INVALID_ENCODING", Some(2)),
        ] {
            assert_eq!(check(bad), [(code.to_owned(), row)], "{bad:?}");
        }
    }

    #[test]
    fn the_list_of_problems_is_bounded_and_so_is_a_field() {
        let mut check = CsvCheck::new();
        check.feed(b"a,b\n");
        (0..1000).for_each(|_| check.feed(b"1\n"));
        assert_eq!(check.finish().len(), MAX_ERRORS);
        let mut check = CsvCheck::new();
        check.feed(b"a,b\n1,");
        (0..100).for_each(|_| check.feed(&[b'x'; 10_000]));
        check.feed(b"\n");
        assert_eq!(check.finish(), []);
        let header = format!("{},b\n1,2\n", "x".repeat(100_000));
        assert_eq!(check_codes(header.as_bytes()), ["HEADER_TOO_LONG"]);
    }

    fn check_codes(bytes: &[u8]) -> Vec<String> {
        check(bytes).into_iter().map(|(code, _)| code).collect()
    }
}
