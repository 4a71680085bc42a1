use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::{Deserializer, de::IoRead, value::RawValue};

use super::{InputError, Reading, Record, lines::Lines, text::Watch};
use crate::ingest::dead_letter;

/// Reads an array of objects, or objects one after the other; answers their number. `by_line`, as in NDJSON, none may run
/// over the end of its line: a broken one would else swallow the next.
pub(super) fn read(
    bytes: impl BufRead,
    by_line: bool,
    watch: &Watch,
    reading: &mut dyn Reading,
) -> Result<u64, InputError> {
    let mut bytes = Lines::new(bytes);
    let ended = bytes.ended();
    let first = bytes.first().map_err(|error| watch.explain(error, 1))?;
    let passed_over = ended.get();
    // An array says itself where its records end.
    let is_array = first == Some(b'[');
    let by_line = by_line && !is_array;
    let mut sink = Sink {
        reading,
        by_line,
        count: 0,
        stopped: false,
        refused: None,
        watch,
        ended,
        line: passed_over + 1,
    };
    let mut parser = Deserializer::from_reader(bytes);
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
        Err(error) => Err(watch.trouble(sink.line).unwrap_or_else(|| {
            let error = describe(&error, passed_over, sink.count);
            // Only where it broke is sure, and that may be several lines further on.
            if by_line && !error.is_io { error.at_line(sink.line) } else { error }
        })),
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

/// `passed_over` are the lines that the parser has not seen.
fn describe(error: &serde_json::Error, passed_over: u64, count: u64) -> InputError {
    let (line, column) = (passed_over + error.line() as u64, error.column());
    let at = format!("after {count} record(s), at byte {column} of line {line}");
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
    by_line: bool,
    count: u64,
    stopped: bool,
    refused: Option<InputError>,
    watch: &'a Watch,
    /// Lines that have ended where the parser is.
    ended: Rc<Cell<u64>>,
    /// The line on which the record that is being read begins.
    line: u64,
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
        let sink = self.0;
        // The parser has looked at the first byte of the value, and at nothing behind it.
        sink.line = sink.ended.get() + 1;
        let raw: Box<RawValue> = serde::Deserialize::deserialize(deserializer)?;
        sink.watch.record_ended();
        if dead_letter::is_heading(raw.get()) {
            return Ok(());
        }
        let taken = match raw.get().starts_with('{') {
            false => {
                Err(InputError::new("a record must be an object, {\"field\": value, …}").at_line(sink.line))
            }
            true if sink.by_line && raw.get().contains('\n') => {
                Err(InputError::new("the record runs over the end of its line").at_line(sink.line).hint(
                    "in NDJSON each line holds one object; for objects over several lines give --format json",
                ))
            }
            true => {
                sink.count += 1;
                let record = Record { json: compact(raw.get()), row: sink.count, line: sink.line };
                sink.reading.record(record)
            }
        };
        match taken {
            Ok(goes_on) => sink.stopped = !goes_on,
            Err(error) => (sink.stopped, sink.refused) = (true, Some(error)),
        }
        Ok(())
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
