use super::Record;

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
}

impl Batcher {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, next: 1, records: Vec::new(), bytes: 0 }
    }

    /// Takes in a record; answers the batch that it does not fit into any more.
    pub(crate) fn push(&mut self, record: Record) -> Option<Batch> {
        // A comma comes between two.
        let size = record.json.len() + 1;
        let is_full = self.records.len() >= self.limits.rows || self.bytes + size > self.limits.bytes;
        let full = if is_full { self.finish() } else { None };
        self.bytes += size;
        self.records.push(record);
        full
    }

    /// The last batch, if there is anything left.
    pub(crate) fn finish(&mut self) -> Option<Batch> {
        if self.records.is_empty() {
            return None;
        }
        let batch = Batch { number: self.next, records: std::mem::take(&mut self.records) };
        (self.next, self.bytes) = (self.next + 1, 0);
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_hold_every_record_in_order_and_keep_to_their_limits(
            sizes in proptest::collection::vec(2_usize..40, 0..60), rows in 1_usize..9, bytes in 1_usize..90
        ) {
            let mut batcher = Batcher::new(Limits { rows, bytes });
            let records: Vec<Record> = (1..).zip(&sizes)
                .map(|(row, size)| Record { json: "x".repeat(*size), row, line: None })
                .collect();
            let mut batches: Vec<Batch> = records.iter().cloned().filter_map(|r| batcher.push(r)).collect();
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
}
