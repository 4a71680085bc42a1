use std::{
    fs::File,
    io::{BufReader, Seek},
};

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use super::{SheetRows, Trouble, unpacked};

/// The sheets up to the first with rows, each as far as need be. Cells are read one by one: calamine's ranges would
/// make room for every cell between two that are far apart.
pub(super) fn sheets(
    mut file: &File,
    proceed: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<(String, SheetRows)>, Trouble> {
    unpacked::measure(BufReader::new(file), proceed)?;
    file.rewind().map_err(Trouble::Io)?;
    let mut workbook = Xlsx::new(BufReader::new(file)).map_err(from_xlsx)?;
    let mut sheets = Vec::new();
    for name in workbook.sheet_names() {
        let mut cells = match workbook.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            // Charts and dialogs stand among the sheets.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(from_xlsx(error)),
        };
        let mut rows = SheetRows::default();
        while !rows.has_data()
            && let Some(cell) = cells.next_cell().map_err(from_xlsx)?
        {
            let (row, _) = cell.get_position();
            if has_content(cell.get_value()) {
                rows.see(row);
            }
        }
        sheets.push((name, rows));
        if rows.header().is_some() {
            break;
        }
    }
    Ok(sheets)
}

fn has_content(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => false,
        DataRef::String(text) => !text.trim().is_empty(),
        DataRef::SharedString(text) => !text.trim().is_empty(),
        _ => true,
    }
}

fn from_xlsx(error: XlsxError) -> Trouble {
    match error {
        XlsxError::Io(error) => Trouble::from_io(error, |error| Trouble::damaged(error)),
        XlsxError::Password => Trouble::encrypted(),
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => {
            let message = "it is a ZIP archive without an .xlsx workbook in it".to_owned();
            Trouble::Bad("NOT_A_WORKBOOK", message, "save it as .xlsx in a spreadsheet program")
        }
        error => Trouble::damaged(&error),
    }
}
