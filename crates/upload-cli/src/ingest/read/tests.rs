use super::*;

#[derive(Default)]
struct Collected {
    columns: Vec<(String, FieldType)>,
    records: Vec<Record>,
}

impl Reading for Collected {
    fn columns(&mut self, columns: &[(String, FieldType)]) {
        self.columns = columns.to_vec();
    }

    fn record(&mut self, record: Record) -> Result<bool, InputError> {
        self.records.push(record);
        Ok(true)
    }
}

fn reading(kind: IngestKind, name: &str, bytes: &[u8]) -> (Collected, Result<(), InputError>) {
    let input = Input { kind, format: None, types: ColumnTypes::default() };
    let mut collected = Collected::default();
    let result = read(&input, name, bytes, &mut collected);
    (collected, result)
}

fn records(name: &str, bytes: &[u8]) -> Vec<String> {
    let (collected, result) = reading(IngestKind::Sales, name, bytes);
    result.unwrap();
    collected.records.into_iter().map(|record| record.json).collect()
}

#[test]
fn the_same_records_come_out_of_every_format() {
    let expected = [r#"{"id":1,"price":2.50,"name":"Ada \"A\"","sold":true,"note":null}"#; 2];
    let object =
        "{\"id\": 1, \"price\": 2.50,\n \"name\": \"Ada \\\"A\\\"\", \"sold\": true, \"note\": null}";
    let csv = "id,price,name,sold,note\n1,2.50,\"Ada \"\"A\"\"\",true,\n".to_owned()
        + "1,2.50,\"Ada \"\"A\"\"\",true,\n";
    for (name, text) in [
        ("a.json", format!("[{object}, {object}]")),
        ("a.json", format!("{object}\n{object}")),
        ("a.ndjson", format!("[{object},\n{object}]")),
        ("-", format!("{}\n{}", compact(object), compact(object))),
        ("a.ndjson", format!("\u{feff}{}\n\n{}\n", compact(object), compact(object))),
        ("-", format!("\n\n{}\n{}", compact(object), compact(object))),
        ("-", format!("\u{feff}\r\n{object}{object}")),
        ("-", format!(" [{object},{object}]")),
        ("-", format!("{object}{object}")),
        ("a.csv", csv.clone()),
        ("-", format!("\u{feff}{}", csv.replace('\n', "\r\n"))),
    ] {
        assert_eq!(records(name, text.as_bytes()), expected, "{name}: {text}");
    }
}

#[test]
fn lines_that_say_why_records_are_here_are_no_records() {
    let letters =
        "{\"$dead_letter\":{\"batch\":1}}\n{\"id\":1}\n{\"$dead_letter\":{\"batch\":4}}\n{\"id\":7}\n";
    assert_eq!(records("a.ndjson", letters.as_bytes()), [r#"{"id":1}"#, r#"{"id":7}"#]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (name, bytes, words) in [
        ("a.json", &b"[{\"a\":1},{\"a\":2},{\"a\":"[..], "in the middle of a record (after 2 record(s)"),
        ("a.json", b"[{\"a\":1},\n{\"a\":}]", "line 2"),
        ("a.json", b"[{\"a\":1}", "ends in the middle"),
        ("a.json", b"[{\"a\":1}] x", "trailing"),
        ("a.json", b"[1]", "a record must be an object"),
        ("a.json", b"[]", "no record"),
        ("a.ndjson", b"", "no record"),
        ("a.ndjson", b"\n\n", "no record"),
        ("a.ndjson", b"{\"a\":1}\n{\"a\":\n", "line 2: the JSON ends in the middle"),
        ("a.ndjson", b"{\"a\":1}\n{\"a\":\n{\"a\":3}}\n", "line 2: the record runs over the end"),
        ("a.ndjson", b"{\"a\":1}\n{\"a\":\n{\"a\":3}\n{\"a\":4}\n", "line 2"),
        ("-", b"{\"a\":1}\n{\"a\":\n{\"a\":3}}\n", "line 2: the record runs over the end"),
        ("a.csv", b"", "no record"),
        ("a.csv", b"a,b\n", "no record"),
        ("a.csv", b"a,b\n1,2\n3\n", "line 3: 1 field(s), the header has 2"),
        ("a.csv", b"a,a\n1,2\n", "two columns are called 'a'"),
        ("a.csv", b"a,\n1,2\n", "column 2 has no name"),
        ("a.csv", b"a,b\n1,\xE9\n", "byte 3 of line 2 is 0xE9, which is not UTF-8"),
        ("a.csv", b"a,b\n1,\0\n", "byte 3 of line 2 is a NUL"),
        ("a.csv", b"a,b\n1,\xE2\x82", "byte 3 of line 2 is 0xE2, which is not UTF-8"),
        ("a.ndjson", b"{\"a\":1}\n{\"a\":\"caf\xE9\"}\n", "byte 10 of line 2 is 0xE9, which is not UTF-8"),
        ("a.ndjson", b"{\"a\":1}\n\0\n", "byte 1 of line 2 is a NUL"),
        ("a.ndjson", b"{\"a\":1}\n\n[1]\n", "line 3: a record must be an object"),
        ("a.json", b"[{\"a\":1},\n 7]", "line 2: a record must be an object"),
    ] {
        let Err(error) = reading(IngestKind::Sales, name, bytes).1 else { panic!("{name}: {words}") };
        let shown = String::from_utf8_lossy(bytes);
        assert!(error.to_string().contains(words), "{shown}: {error}");
        assert!(!error.is_io, "{shown}");
    }
}

#[test]
fn a_field_beyond_the_sample_that_does_not_fit_is_refused_with_its_place() {
    let csv = "zip\n".to_owned() + &"10115\n".repeat(1500) + "AB1 2CD\n";
    let (collected, result) = reading(IngestKind::Sales, "a.csv", csv.as_bytes());
    let error = result.unwrap_err();
    assert_eq!(collected.records.len(), 1500);
    assert!(
        error.to_string().contains("line 1502: column 'zip': 'AB1 2CD' is not a whole number"),
        "{error}"
    );
    assert!(error.hint.unwrap().contains("--types zip=string"));
}

#[test]
fn summaries_are_gathered_and_checked() {
    let csv =
        b"eid,from,to,type,sold,revenue\n1,2026-06-01,2026-06-02,a,1,2.5\n1,2026-06-01,2026-06-02,b,2,5\n";
    let (collected, result) = reading(IngestKind::TransactionSummary, "a.csv", csv);
    result.unwrap();
    assert_eq!(collected.records.len(), 1);
    assert!(collected.records[0].json.starts_with(r#"{"eid":"1","from""#), "{:?}", collected.records);
    assert_eq!(collected.columns[0], ("eid".into(), FieldType::Text));
    let wrong = br#"[{"eid":"e","from":"2026-06-02","to":"2026-06-01","tickets":[{"type":"a","sold":1,"revenue":1}]}]"#;
    let error = reading(IngestKind::TransactionSummary, "a.json", wrong).1.unwrap_err();
    assert!(error.to_string().contains("line 1: event 'e'"), "{error}");
}

#[test]
fn reading_stops_when_nobody_wants_more() {
    struct One;
    impl Reading for One {
        fn record(&mut self, record: Record) -> Result<bool, InputError> {
            assert_eq!(record.row, 1);
            Ok(false)
        }
    }
    for (name, text) in [("a.json", "[{},{},oops"), ("a.ndjson", "{}\n{}"), ("a.csv", "a\n1\n2\n")] {
        let input = Input { kind: IngestKind::Sales, format: None, types: ColumnTypes::default() };
        read(&input, name, text.as_bytes(), &mut One).unwrap();
    }
}

#[test]
fn records_know_the_lines_they_begin_on() {
    for (name, text, expected) in [
        ("a.ndjson", "\n{\"a\":1}\n\n{\"a\":2}{\"a\":3}\n", [2, 4, 4]),
        ("a.json", "[\n  {\n\"a\":1\n},\n{\"a\":2}\n,\n\n{\"a\":3}]", [2, 5, 8]),
        ("a.csv", "a,b\n1,\"x\ny\"\n2,z\n\n3,z\n", [2, 4, 6]),
        ("a.csv", "a,b\r\n1,z\r\n2,\"x\r\ny\"\r\n\r\n3,z", [2, 3, 6]),
    ] {
        let (collected, result) = reading(IngestKind::Sales, name, text.as_bytes());
        result.unwrap();
        let lines: Vec<u64> = collected.records.iter().map(|record| record.line).collect();
        assert_eq!(lines, expected, "{name}");
    }
}

#[test]
fn an_array_is_known_behind_any_amount_of_white_space() {
    let text = "\n".repeat(300_000) + "[{\"a\":1},\n{\"a\":}]";
    let (collected, result) = reading(IngestKind::Sales, "a.json", text.as_bytes());
    assert_eq!(collected.records[0].line, 300_001);
    assert!(result.unwrap_err().to_string().contains("line 300002"));
}

/// Bytes without end, which says how many of them were taken.
struct Endless<'a> {
    start: &'a [u8],
    taken: &'a std::cell::Cell<u64>,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = match self.start {
            [] => {
                buffer.fill(b'x');
                buffer.len()
            }
            _ => self.start.read(buffer)?,
        };
        self.taken.set(self.taken.get() + count as u64);
        Ok(count)
    }
}

#[test]
fn a_record_that_does_not_end_is_given_up_early_and_named() {
    for (name, start) in [
        ("a.csv", &b"a,b\n1,2\n1,\"open\n"[..]),
        ("a.json", b"[{\"a\":1},\n\n{\"a\":\""),
        ("a.ndjson", b"{\"a\":1}\n\n{\"a\":\""),
    ] {
        let taken = std::cell::Cell::new(0);
        let input = Input { kind: IngestKind::Sales, format: None, types: ColumnTypes::default() };
        let error =
            read(&input, name, Endless { start, taken: &taken }, &mut Collected::default()).unwrap_err();
        assert!(error.to_string().contains("line 3: the record is longer than 16 MiB"), "{name}: {error}");
        assert!(!error.is_io && taken.get() < 2 * LONGEST_RECORD, "{name}: {} bytes", taken.get());
    }
}

#[test]
fn a_byte_order_mark_may_come_in_pieces() {
    let pieces = (&b"\xEF"[..]).chain(&b"\xBB"[..]).chain(&b"\xBFa\n1\n"[..]);
    let input = Input { kind: IngestKind::Sales, format: None, types: ColumnTypes::default() };
    let mut collected = Collected::default();
    read(&input, "a.csv", pieces, &mut collected).unwrap();
    assert_eq!(collected.columns[0].0, "a");
}

#[test]
fn records_in_front_of_a_byte_that_is_no_text_are_read_however_much_comes_at_once() {
    let (collected, result) =
        reading(IngestKind::Sales, "a.ndjson", b"{\"a\":1}\n{\"a\":2}\n{\"a\":\"caf\xE9\"}\n");
    assert_eq!(collected.records.len(), 2);
    assert!(result.unwrap_err().message.contains("line 3"));
}

#[test]
fn half_a_character_at_the_end_of_what_has_come_is_no_text_of_its_own() {
    struct Pieces(Vec<&'static [u8]>);
    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(piece) = self.0.pop() else { return Ok(0) };
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }
    let read = |mut pieces: Vec<&'static [u8]>| {
        pieces.reverse();
        let input = Input { kind: IngestKind::Sales, format: None, types: ColumnTypes::default() };
        let mut collected = Collected::default();
        let ended = super::read(&input, "a.ndjson", Pieces(pieces), &mut collected);
        (collected.records.len(), ended.map_err(|error| error.message))
    };
    assert_eq!(read(vec![b"{\"a\":\"\xE2", b"\x82", b"\xAC\"}\n"]), (1, Ok(())));
    let (count, error) = read(vec![b"{\"a\":1}\n{\"a\":1\xC2", b"50}\n"]);
    assert_eq!(count, 1);
    assert!(error.unwrap_err().starts_with("byte 7 of line 2 is 0xC2, which is not UTF-8"));
}

#[test]
fn a_csv_whose_rows_would_be_taken_for_headings_later_is_refused() {
    let (collected, result) = reading(IngestKind::Sales, "a.csv", b"$dead_letter,b\n1,2\n");
    assert!(collected.records.is_empty() && result.unwrap_err().message.contains("'$dead_letter'"));
}
