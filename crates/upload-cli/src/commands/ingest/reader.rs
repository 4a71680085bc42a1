//! The thread that reads: through the whole input for a check, or batch by batch for sending.

use std::{
    fs::File,
    io::{self, Read},
};

use bytes::Bytes;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;
use upload_core::Progress;

use super::options::IngestOptions;
use crate::ingest::{Batch, Batcher, FieldType, InputError, Reading, Record, body, read};

/// What reading the input through has shown.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// All records, those to be passed over included.
    pub(super) rows: u64,
    pub(super) batches: u64,
    /// A CSV's columns.
    pub(super) columns: Vec<(String, FieldType)>,
    /// The first record that would be sent.
    pub(super) first: Option<String>,
}

/// What the reading thread hands over.
pub(super) enum Feed {
    /// A batch, and the body that it makes.
    Batch(Batch, Bytes),
    /// The input is wrong from here on; whole batches before it were handed over.
    Failed(InputError),
    /// There were so many records, those that were passed over included.
    Ended { rows: u64 },
}

/// Reads everything and sends nothing.
///
/// # Errors
/// At the first thing that is wrong with the input.
pub(super) fn check(
    options: &IngestOptions,
    file: File,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<Checked, InputError> {
    let mut batcher = Batcher::new(options.limits, options.input.kind.shape());
    let mut checked = Checked::default();
    let mut checking =
        Checking { checked: &mut checked, batcher: &mut batcher, skip: options.skip_rows, cancel };
    read(&options.input, &options.label, Counted { file, progress }, &mut checking)?;
    checked.batches += u64::from(batcher.finish().is_some());
    Ok(checked)
}

/// Reads and hands over batch by batch, until the end or until nobody takes them any more.
pub(super) fn feed(options: &IngestOptions, file: File, progress: &Progress, batches: &Sender<Feed>) {
    let batcher = Batcher::new(options.limits, options.input.kind.shape());
    let mut feeding = Feeding { options, batches, batcher, rows: 0 };
    let result = read(&options.input, &options.label, Counted { file, progress }, &mut feeding);
    let result = result.and_then(|()| feeding.finish());
    let last = match result {
        Err(error) => Feed::Failed(error),
        Ok(()) => Feed::Ended { rows: feeding.rows },
    };
    // A receiver that is gone wants no more.
    let _ = batches.blocking_send(last);
}

struct Checking<'a> {
    checked: &'a mut Checked,
    batcher: &'a mut Batcher,
    skip: u64,
    cancel: &'a CancellationToken,
}

impl Reading for Checking<'_> {
    fn columns(&mut self, columns: &[(String, FieldType)]) {
        self.checked.columns = columns.to_vec();
    }

    fn record(&mut self, record: Record) -> Result<bool, InputError> {
        self.checked.rows = record.row;
        if record.row > self.skip {
            self.checked.first.get_or_insert_with(|| record.json.clone());
            self.checked.batches += u64::from(self.batcher.push(record)?.is_some());
        }
        Ok(!self.cancel.is_cancelled())
    }
}

struct Feeding<'a> {
    options: &'a IngestOptions,
    batches: &'a Sender<Feed>,
    batcher: Batcher,
    rows: u64,
}

impl Feeding<'_> {
    /// Hands a batch over; `false` when nobody takes it.
    fn give(&self, batch: Option<Batch>) -> Result<bool, InputError> {
        let Some(batch) = batch else { return Ok(true) };
        let body = body(self.options.input.kind, self.options.orient, &batch)?;
        Ok(self.batches.blocking_send(Feed::Batch(batch, body)).is_ok())
    }

    fn finish(&mut self) -> Result<(), InputError> {
        let last = self.batcher.finish();
        self.give(last).map(drop)
    }
}

impl Reading for Feeding<'_> {
    fn record(&mut self, record: Record) -> Result<bool, InputError> {
        self.rows = record.row;
        if record.row <= self.options.skip_rows {
            return Ok(true);
        }
        let full = self.batcher.push(record)?;
        self.give(full)
    }
}

/// A file whose bytes are counted as they are read.
struct Counted<'a> {
    file: File,
    progress: &'a Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.progress.add_sent(count as u64);
        Ok(count)
    }
}
