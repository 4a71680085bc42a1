use std::collections::{BTreeMap, HashMap};

use super::{Unusable, cell::Content};
use crate::content::{MAX_FINDINGS, Problem, is_date, is_date_field, is_required_field};

/// Looks at a sheet as its cells go by, row by row. The first row that is not empty is the header.
#[derive(Debug, Default)]
pub(crate) struct Review {
    header: Option<BTreeMap<u32, String>>,
    row: Option<u32>,
    cells: HashMap<u32, Content>,
    /// Rows below the header that are not empty.
    pub(crate) rows: u64,
    /// What is wrong with them; of more than a hundred, the first.
    pub(crate) findings: Vec<Finding>,
}

/// Something wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// As the sheet counts, from 1.
    pub(crate) row: u64,
    /// The column's name, in lower case, with underscores for blanks.
    pub(crate) column: String,
    pub(crate) problem: Problem,
}

impl Review {
    /// Takes the next cell, counted from 0; they come row by row.
    pub(super) fn cell(&mut self, row: u32, column: u32, content: Content) {
        if self.row != Some(row) {
            self.end_of_row();
            self.row = Some(row);
        }
        if content != Content::Empty {
            self.cells.insert(column, content);
        }
    }

    /// What was found, now that the sheet has ended.
    pub(super) fn finish(mut self) -> Result<Self, Unusable> {
        self.end_of_row();
        match (&self.header, self.rows) {
            (None, _) => Err(Unusable::NoHeader),
            (Some(_), 0) => Err(Unusable::NoRows),
            _ => Ok(self),
        }
    }

    fn end_of_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let (Some(row), false) = (self.row, cells.is_empty()) else { return };
        let Some(header) = &self.header else {
            let names = cells.into_iter().filter_map(|(column, content)| match content {
                Content::Text(name) => Some((column, normal(&name))),
                _ => None,
            });
            self.header = Some(names.collect());
            return;
        };
        self.rows += 1;
        for (column, name) in header {
            let problem = match cells.get(column) {
                None if is_required_field(name) => Problem::Missing,
                Some(Content::Text(text)) if is_date_field(name) && !is_date(text) => Problem::InvalidDate,
                Some(Content::Other) if is_date_field(name) => Problem::InvalidDate,
                _ => continue,
            };
            if self.findings.len() < MAX_FINDINGS {
                self.findings.push(Finding { row: u64::from(row) + 1, column: name.clone(), problem });
            }
        }
    }
}

/// A column's name as fields are named: `Event Date` is `event_date`.
fn normal(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(rows: &[&[Content]]) -> Result<Review, Unusable> {
        let mut review = Review::default();
        for (row, cells) in (0..).zip(rows) {
            for (column, content) in (0..).zip(*cells) {
                review.cell(row, column, content.clone());
            }
        }
        review.finish()
    }

    fn text(text: &str) -> Content {
        Content::Text(text.into())
    }

    #[test]
    fn each_bad_cell_is_found_with_row_and_column() {
        let found = review(&[
            &[Content::Empty],
            &[text("EID"), text("Event  Date"), text("Venue")],
            &[text("e1"), Content::Date, text("Hall")],
            &[text("e2"), text("2026-06-01"), Content::Empty],
            &[Content::Empty, text("soon"), text("Hall")],
            &[Content::Empty, Content::Empty, Content::Empty],
            &[Content::Other, Content::Other],
        ])
        .unwrap();
        let finding = |row, column: &str, problem| Finding { row, column: column.into(), problem };
        assert_eq!(found.rows, 4);
        assert_eq!(
            found.findings,
            [
                finding(5, "eid", Problem::Missing),
                finding(5, "event_date", Problem::InvalidDate),
                finding(7, "event_date", Problem::InvalidDate),
            ]
        );
    }

    #[test]
    fn a_sheet_without_header_or_rows_is_no_use() {
        assert_eq!(review(&[]).unwrap_err(), Unusable::NoHeader);
        assert_eq!(review(&[&[Content::Empty]]).unwrap_err(), Unusable::NoHeader);
        assert_eq!(review(&[&[text("eid")], &[Content::Empty]]).unwrap_err(), Unusable::NoRows);
    }

    #[test]
    fn the_list_of_findings_is_bounded() {
        let mut review = Review::default();
        review.cell(0, 0, text("date"));
        (1..1000).for_each(|row| review.cell(row, 0, Content::Other));
        assert_eq!(review.finish().unwrap().findings.len(), MAX_FINDINGS);
    }
}
