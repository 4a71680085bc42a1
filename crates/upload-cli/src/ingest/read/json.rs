use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::{Deserializer, de::IoRead, value::RawValue};

use super::{InputError, LONGEST_RECORD, Reading, Record};
use crate::ingest::dead_letter;

/// Reads an array of objects, or objects one after the other (NDJSON among them); answers their number.
pub(super) fn read(mut bytes: impl BufRead, reading: &mut dyn Reading) -> Result<u64, InputError> {
    let first = bytes.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_array = first == Some(&b'[');
    let guard = Rc::new(Cell::new(0));
    let bounded = Bounded { inner: bytes, since: guard.clone() };
    let mut sink = Sink { reading, count: 0, stopped: false, refused: None, guard };
    let mut parser = Deserializer::from_reader(io::BufReader::with_capacity(8 * 1024, bounded));
    let result = if is_array {
        parser.deserialize_seq(&mut sink).and_then(|()| if sink.stopped { Ok(()) } else { parser.end() })
    } else {
        read_stream(&mut parser, &mut sink)
    };
    if let Some(error) = sink.refused {
        return Err(error);
    }
    match result {
        Ok(()) => Ok(sink.count),
        Err(_) if sink.stopped => Ok(sink.count),
        Err(error) => Err(describe(&error, sink.count)),
    }
}

fn read_stream<R: Read>(
    parser: &mut Deserializer<IoRead<R>>,
    sink: &mut Sink<'_>,
) -> Result<(), serde_json::Error> {
    while !sink.stopped {
        // `end` is the only way to ask whether anything is left; it fails at the next value without consuming it.
        if parser.end().is_ok() {
            return Ok(());
        }
        Element(sink).deserialize(&mut *parser)?;
    }
    Ok(())
}

fn describe(error: &serde_json::Error, count: u64) -> InputError {
    let (line, column) = (error.line() as u64, error.column());
    let at = format!("after {count} record(s), at byte {column} of the line");
    match error.classify() {
        serde_json::error::Category::Io => InputError::from(io::Error::other(error.to_string())),
        serde_json::error::Category::Eof => {
            InputError::new(format!("the JSON ends in the middle of a record ({at})")).at_line(line)
        }
        _ => {
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default().to_owned();
            InputError::new(format!("{words} ({at})")).at_line(line)
        }
    }
}

struct Sink<'a> {
    reading: &'a mut dyn Reading,
    count: u64,
    stopped: bool,
    refused: Option<InputError>,
    guard: Rc<Cell<u64>>,
}

impl<'de> Visitor<'de> for &mut Sink<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(Element(&mut *self))?.is_some() {
            if self.stopped {
                // The rest of the array is not read at all.
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// The next record, handed on as soon as it is read.
struct Element<'a, 'b>(&'a mut Sink<'b>);

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let raw: Box<RawValue> = serde::Deserialize::deserialize(deserializer)?;
        let sink = self.0;
        sink.guard.set(0);
        if !raw.get().starts_with('{') {
            return Err(D::Error::custom("a record must be an object, {\"field\": value, …}"));
        }
        if dead_letter::is_heading(raw.get()) {
            return Ok(());
        }
        sink.count += 1;
        let record = Record { json: compact(raw.get()), row: sink.count, line: None };
        match sink.reading.record(record) {
            Ok(goes_on) => sink.stopped = !goes_on,
            Err(error) => (sink.stopped, sink.refused) = (true, Some(error)),
        }
        Ok(())
    }
}

/// Gives up on a record that does not end.
struct Bounded<R> {
    inner: R,
    since: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST_RECORD {
            return Err(io::Error::other(format!("a record is longer than {} MiB", LONGEST_RECORD >> 20)));
        }
        let count = self.inner.read(buffer)?;
        self.since.set(self.since.get() + count as u64);
        Ok(count)
    }
}

/// The same JSON without white space between its tokens, and so without line breaks. Numbers and strings stay as they are
/// written, to the last digit.
pub(in crate::ingest) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        match character {
            '"' if !escaped => in_string = !in_string,
            ' ' | '\t' | '\n' | '\r' if !in_string => continue,
            _ => {}
        }
        escaped = in_string && character == '\\' && !escaped;
        out.push(character);
    }
    out
}
