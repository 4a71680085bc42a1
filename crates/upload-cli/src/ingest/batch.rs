use upload_proto::IngestShape;

use super::{InputError, Record, frame_size::FrameSize};

/// How large a batch may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Records; at least 1.
    pub(crate) rows: usize,
    /// Bytes of JSON; a single record may be more.
    pub(crate) bytes: usize,
}

/// Records that are sent in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// From 1.
    pub(crate) number: u64,
    /// At least one, in the order of the input.
    pub(crate) records: Vec<Record>,
}

impl Batch {
    pub(crate) fn rows(&self) -> u64 {
        self.records.len() as u64
    }

    /// The first record's row and the last one's, from 1.
    pub(crate) fn span(&self) -> (u64, u64) {
        let row = |record: Option<&Record>| record.map_or(0, |record| record.row);
        (row(self.records.first()), row(self.records.last()))
    }

    /// Where a record stands in the input, by its place in this batch from 1.
    pub(crate) fn place(&self, number: u64) -> Option<&Record> {
        self.records.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

/// Cuts records into batches.
#[derive(Debug)]
pub(crate) struct Batcher {
    limits: Limits,
    next: u64,
    records: Vec<Record>,
    bytes: usize,
    /// Where the records are to become a DataFrame.
    frame: Option<FrameSize>,
}

impl Batcher {
    pub(crate) fn new(limits: Limits, shape: IngestShape) -> Self {
        let frame = (shape == IngestShape::DataFrame).then(FrameSize::default);
        Self { limits, next: 1, records: Vec::new(), bytes: 0, frame }
    }

    /// Takes in a record; answers the batch that it does not fit into any more.
    ///
    /// # Errors
    /// For a record that its shape cannot hold.
    pub(crate) fn push(&mut self, record: Record) -> Result<Option<Batch>, InputError> {
        // A comma comes between two.
        let size = record.json.len() + 1;
        let with_it = match &self.frame {
            None => self.bytes + size,
            Some(frame) => frame.with(&record)?,
        };
        let is_full = self.records.len() >= self.limits.rows || with_it > self.limits.bytes;
        let full = if is_full { self.finish() } else { None };
        self.bytes += size;
        if let Some(frame) = &mut self.frame {
            frame.add(&record)?;
        }
        self.records.push(record);
        Ok(full)
    }

    /// The last batch, if there is anything left.
    pub(crate) fn finish(&mut self) -> Option<Batch> {
        if self.records.is_empty() {
            return None;
        }
        let batch = Batch { number: self.next, records: std::mem::take(&mut self.records) };
        (self.next, self.bytes) = (self.next + 1, 0);
        self.frame = self.frame.take().map(|_| FrameSize::default());
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use upload_proto::{IngestKind, Orient};

    use super::*;
    use crate::ingest::body;

    proptest! {
        #[test]
        fn batches_hold_every_record_in_order_and_keep_to_their_limits(
            sizes in proptest::collection::vec(2_usize..40, 0..60), rows in 1_usize..9, bytes in 1_usize..90
        ) {
            let mut batcher = Batcher::new(Limits { rows, bytes }, IngestShape::Records);
            let records: Vec<Record> = (1..).zip(&sizes)
                .map(|(row, size)| Record { json: "x".repeat(*size), row, line: row })
                .collect();
            let mut batches: Vec<Batch> = records.iter().cloned().filter_map(|r| batcher.push(r).unwrap()).collect();
            batches.extend(batcher.finish());
            for (number, batch) in (1..).zip(&batches) {
                let size: usize = batch.records.iter().map(|record| record.json.len() + 1).sum();
                prop_assert_eq!(batch.number, number);
                prop_assert!(batch.records.len() <= rows && (size <= bytes || batch.records.len() == 1));
            }
            let all: Vec<Record> = batches.into_iter().flat_map(|batch| batch.records).collect();
            prop_assert_eq!(all, records);
        }
    }

    fn frames(records: &[String], bytes: usize) -> Vec<Batch> {
        let mut batcher = Batcher::new(Limits { rows: 5000, bytes }, IngestShape::DataFrame);
        let records = (1..).zip(records).map(|(row, json)| Record { json: json.clone(), row, line: row });
        let mut batches: Vec<Batch> = records.filter_map(|record| batcher.push(record).unwrap()).collect();
        batches.extend(batcher.finish());
        batches
    }

    proptest! {
        #[test]
        fn no_frame_is_larger_than_its_limit_in_any_layout(
            rows in proptest::collection::vec(proptest::collection::btree_map("[a-f\"\\\\\u{1}ü]{1,3}", 0..9999_u32, 1..6), 1..60),
            bytes in 200_usize..4000,
        ) {
            let records: Vec<String> = rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
            let batches = frames(&records, bytes);
            for batch in &batches {
                for orient in [Orient::Columns, Orient::Split, Orient::List] {
                    let size = body(IngestKind::SalesDf, orient, batch).unwrap().len();
                    prop_assert!(size <= bytes || batch.records.len() == 1, "{size} > {bytes}");
                }
            }
            let all: Vec<String> = batches.into_iter().flat_map(|b| b.records).map(|r| r.json).collect();
            prop_assert_eq!(all, records);
        }
    }

    #[test]
    fn records_that_share_no_field_do_not_make_one_huge_frame() {
        let records: Vec<String> = (0..2000).map(|n| format!("{{\"k{n}\":1}}")).collect();
        let batches = frames(&records, 100_000);
        let largest =
            batches.iter().map(|batch| body(IngestKind::SalesDf, Orient::Columns, batch).unwrap().len());
        assert!(largest.max() <= Some(100_000));
    }

    #[test]
    fn a_name_that_no_column_can_have_is_refused_with_its_line() {
        let mut batcher = Batcher::new(Limits { rows: 9, bytes: 999 }, IngestShape::DataFrame);
        let json = r#"{"a":1,"\ud83d":2}"#.to_owned();
        let error = batcher.push(Record { json, row: 1, line: 7 }).unwrap_err();
        assert!(error.to_string().contains("line 7: a field's name cannot be read"), "{error}");
    }
}
