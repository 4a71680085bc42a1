use std::collections::HashSet;

use super::{InputError, Record, fields::Fields};

/// How many bytes a DataFrame of some records takes, at the most over all layouts. A column that one record has, all others
/// have as `null`: records that differ in their fields make a frame far larger than they are themselves.
#[derive(Debug, Default)]
pub(super) struct FrameSize {
    columns: HashSet<String>,
    rows: usize,
    present: usize,
    /// Of the names and of the values that are there.
    bytes: usize,
}

/// `"4999":` in front of a value and the comma behind it.
const CELL: usize = 9;
/// A cell that is not there is `null`.
const MISSING: usize = CELL + 4;
/// Quotes, colon, brackets and comma around a column.
const COLUMN: usize = 8;
/// A row in the index, and its brackets.
const ROW: usize = 12;

impl FrameSize {
    /// What it would be with this record as well.
    ///
    /// # Errors
    /// For a record that cannot be taken apart.
    pub(super) fn with(&self, record: &Record) -> Result<usize, InputError> {
        let Fields(fields) = Fields::of(record)?;
        let new = fields.iter().filter(|(name, _)| !self.columns.contains(name));
        let (columns, names) = new.fold((self.columns.len(), 0), |(columns, names), (name, _)| {
            (columns + 1, names + written(name))
        });
        let values: usize = fields.iter().map(|(_, value)| value.len()).sum();
        let present = self.present + fields.len();
        Ok(Self::bytes(columns, self.rows + 1, present, self.bytes + names + values))
    }

    /// Takes the record in.
    ///
    /// # Errors
    /// As above.
    pub(super) fn add(&mut self, record: &Record) -> Result<(), InputError> {
        let Fields(fields) = Fields::of(record)?;
        self.rows += 1;
        self.present += fields.len();
        for (name, value) in fields {
            self.bytes += value.len();
            let length = written(&name);
            if self.columns.insert(name) {
                self.bytes += length;
            }
        }
        Ok(())
    }

    fn bytes(columns: usize, rows: usize, present: usize, bytes: usize) -> usize {
        let missing = (columns * rows).saturating_sub(present);
        bytes + columns * COLUMN + rows * ROW + present * CELL + missing * MISSING
    }
}

/// The name as JSON, where a control character takes six bytes.
fn written(name: &str) -> usize {
    name.chars()
        .map(|c| if c.is_control() { 6 } else { c.len_utf8() + usize::from(matches!(c, '"' | '\\')) })
        .sum()
}
