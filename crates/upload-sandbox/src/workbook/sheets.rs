use std::{
    fs::File,
    io::{BufReader, Read, Seek},
};

use calamine::{Reader, Xls, Xlsx};

use super::{Unusable, cell::Content, review::Review};

fn broken(error: impl std::fmt::Display) -> Unusable {
    Unusable::Broken(error.to_string())
}

fn first_sheet<R: Read + Seek, B: Reader<R>>(book: &B) -> Result<String, Unusable> {
    book.sheet_names().into_iter().next().ok_or(Unusable::NoSheet)
}

/// Cell by cell: a sheet with one cell in its farthest corner would be 17 thousand million cells as a whole.
pub(super) fn read_xlsx(file: File, review: &mut Review) -> Result<(), Unusable> {
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(broken)?;
    let name = first_sheet(&book)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(broken)?;
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        review.cell(row, column, Content::from(cell.get_value()));
    }
    Ok(())
}

/// As a whole: these end at 65,536 rows of 256 columns.
pub(super) fn read_xls(file: File, review: &mut Review) -> Result<(), Unusable> {
    let mut book: Xls<_> = Xls::new(BufReader::new(file)).map_err(broken)?;
    let name = first_sheet(&book)?;
    let sheet = book.worksheet_range(&name).map_err(broken)?;
    let (first_row, first_column) = sheet.start().unwrap_or_default();
    for (row, column, value) in sheet.used_cells() {
        let place =
            |number: usize, first: u32| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(first);
        review.cell(place(row, first_row), place(column, first_column), Content::from(value));
    }
    Ok(())
}
