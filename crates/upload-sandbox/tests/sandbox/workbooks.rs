//! Workbooks as people send them.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

/// An `.xlsx` of these rows, text in every cell but where a date is wanted: `@2026-06-01` makes a real one.
pub(crate) fn xlsx(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            match cell.strip_prefix('@') {
                Some(day) => {
                    let day = ExcelDateTime::parse_from_str(day).unwrap();
                    sheet.write_datetime_with_format(row, column, &day, &date).unwrap();
                }
                None => {
                    sheet.write_string(row, column, *cell).unwrap();
                }
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// An `.xlsx` that nothing is wrong with, of two rows.
pub(crate) fn good() -> Vec<u8> {
    xlsx(&[&["eid", "Event Date", "Venue"], &["e1", "@2026-06-01", "Hall"], &["e2", "2026-06-02", ""]])
}

/// An `.xls`, made with xlwt: header, a good row, and a row whose date is `soon`.
pub(crate) const XLS: &[u8] = include_bytes!("../fixtures/events.xls");
