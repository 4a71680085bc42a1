//! Records for `ingest`, and the look into a CSV before it is sent.

use serde::de::IgnoredAny;
use upload_fuzz::{Target, documents};
use upload_proto::{IngestKind, Orient};

use super::Trickle;
use crate::{
    ingest::{Batch, Format, Input, InputError, Reading, Record, body, read},
    preflight::check_csv,
};

pub(super) const CSV: Target = Target { name: "ingest-csv", seeds: tables, check: check_table };
pub(super) const NDJSON: Target = Target { name: "ingest-json", seeds: lines, check: check_lines };
pub(super) const CHECK: Target = Target { name: "preflight-csv", seeds: tables, check: check_look };

#[derive(Default)]
struct Kept(Vec<Record>);

impl Reading for Kept {
    fn record(&mut self, record: Record) -> Result<bool, InputError> {
        self.0.push(record);
        Ok(true)
    }
}

fn tables() -> Vec<Vec<u8>> {
    documents(&[
        "eid,name,sold,when\n1,Ada,2.5,2026-06-01\n2,\"Grace, H.\",,2026-06-02\n007,\"two\nlines\",x,\n",
        "\u{feff}a,b\r\n1,true\r\n2,\"say \"\"hi\"\"\"\r\n",
        "eid,from,to,type,sold,revenue\ne,2026-06-01,2026-06-02,standard,3,12.5\ne,2026-06-01,2026-06-02,vip,1,99\n",
    ])
}

fn lines() -> Vec<Vec<u8>> {
    documents(&[
        "{\"a\":1,\"b\":\"x \\\" y\"}\n{\"a\":1.50,\"c\":[1, {\"d\":null}]}\n",
        "[{\"a\":1},\n {\"a\":2}]\n",
        "{\"$dead_letter\":{\"batch\":1}}\n{\"a\":1}\n",
        "{\"eid\":\"e\",\"from\":\"2026-06-01\",\"to\":\"2026-06-02\",\"tickets\":[{\"type\":\"standard\",\"sold\":3,\"revenue\":12.5}]}",
    ])
}

fn check_table(bytes: &[u8]) {
    records_hold(bytes, Format::Csv);
}

fn check_lines(bytes: &[u8]) {
    records_hold(bytes, Format::Ndjson);
}

fn records_hold(bytes: &[u8], format: Format) {
    for kind in [IngestKind::Sales, IngestKind::SalesDf, IngestKind::TransactionSummary] {
        let input = Input { kind, format: Some(format), types: Default::default() };
        let (mut whole, mut trickled) = (Kept::default(), Kept::default());
        let ended = read(&input, "x", bytes, &mut whole);
        let same = read(&input, "x", Trickle(bytes), &mut trickled);
        let told = |ended: &Result<(), InputError>| {
            ended.as_ref().err().map(|error| (error.line, error.message.clone()))
        };
        assert_eq!((&whole.0, told(&ended)), (&trickled.0, told(&same)), "how it arrives matters");
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let mut before = 0;
        for (place, record) in (1..).zip(&whole.0) {
            // By the grammar alone: numbers that no double holds and halves of characters are handed on as they are written.
            let is_object =
                record.json.starts_with('{') && serde_json::from_str::<IgnoredAny>(&record.json).is_ok();
            assert!(is_object && !record.json.contains(['\n', '\r']), "{}", record.json);
            assert_eq!(record.row, place);
            assert!((before.max(1)..=lines).contains(&record.line), "line {} of {lines}", record.line);
            before = record.line;
        }
        bodies_hold(kind, whole.0);
        if let Some(line) = ended.err().and_then(|error| error.line) {
            assert!((1..=lines).contains(&line), "line {line} of {lines}");
        }
    }
}

/// What is sent is JSON, and what is kept for another try is read as it was.
fn bodies_hold(kind: IngestKind, records: Vec<Record>) {
    if records.is_empty() {
        return;
    }
    let batch = Batch { number: 1, records };
    for orient in [Orient::Columns, Orient::Split, Orient::List, Orient::Records] {
        if let Ok(body) = body(kind, orient, &batch) {
            assert!(serde_json::from_slice::<IgnoredAny>(&body).is_ok(), "{body:?}");
        }
    }
    let kept: Vec<&str> = batch.records.iter().map(|record| record.json.as_str()).collect();
    let input = Input { kind, format: Some(Format::Ndjson), types: Default::default() };
    let mut again = Kept::default();
    let read = read(&input, "x", kept.join("\n").as_bytes(), &mut again);
    assert!(read.is_ok(), "{:?} of {kept:?}", read.err().map(|error| error.message));
    assert_eq!(again.0.iter().map(|record| record.json.as_str()).collect::<Vec<_>>(), kept);
}

/// How the bytes arrive makes no difference to what is found, and each finding is in the file.
fn check_look(bytes: &[u8]) {
    let expected = ["eid".to_owned()];
    let (Ok(Some(whole)), Ok(Some(trickled))) =
        (check_csv(bytes, &expected, |_| true), check_csv(Trickle(bytes), &expected, |_| true))
    else {
        unreachable!("memory can be read, and nothing stops the look");
    };
    let found = |report: &crate::preflight::Report| {
        let all = report.findings.iter();
        (report.total, all.map(|finding| (finding.code.clone(), finding.line)).collect::<Vec<_>>())
    };
    assert_eq!(found(&whole), found(&trickled));
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    for finding in &whole.findings {
        assert!(finding.line.is_none_or(|line| (1..=lines).contains(&line)), "{:?} of {lines}", finding.line);
    }
}
