//! Workbooks: whether a file is one, by its content, and whether it has rows.
//!
//! What is asked of it: the first sheet with content has a header row, which is its first row with content, and at
//! least one more row with content below. Sheets in front of it that are empty, and whatever comes behind it, do not
//! matter.

mod format;
mod rows;
mod unpacked;
mod xls;
mod xlsx;

use std::{
    fs::File,
    io::{self, Read, Seek},
};

pub(crate) use self::format::WorkbookFormat;
use self::rows::SheetRows;
use super::Report;

/// How many bytes tell what a file is.
const HEAD: u64 = 8 * 1024;

/// What keeps a workbook from being read to a verdict.
enum Trouble {
    /// The look is to end.
    Stopped,
    /// The file can no longer be read.
    Io(io::Error),
    /// It is not what it should be: a stable name, what it is in words, and what to do.
    Bad(&'static str, String, &'static str),
}

impl Trouble {
    /// An error from below: the system's own where it is one, else the content's.
    fn from_io(error: io::Error, otherwise: impl FnOnce(&io::Error) -> Self) -> Self {
        if error.raw_os_error().is_some() { Self::Io(error) } else { otherwise(&error) }
    }

    fn damaged(error: &dyn std::fmt::Display) -> Self {
        let message = format!("it cannot be read as a workbook: {error}");
        Self::Bad(
            "DAMAGED",
            message,
            "open it, save it anew and send that; it may have been cut off on its way",
        )
    }

    fn encrypted() -> Self {
        let message = "it is protected by a password".to_owned();
        Self::Bad("ENCRYPTED", message, "save it without a password")
    }
}

/// Looks into a workbook called `name`, which is to be in one of the `accepted` formats. In bounded memory, however much
/// it unpacks to.
///
/// `proceed` is told how many bytes were looked at; `false` from it ends the look, and `None` is the answer.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn check_workbook(
    mut file: &File,
    name: &str,
    accepted: &[WorkbookFormat],
    mut proceed: impl FnMut(u64) -> bool,
) -> io::Result<Option<Report>> {
    let mut head = Vec::new();
    file.rewind()?;
    file.take(HEAD).read_to_end(&mut head)?;
    file.rewind()?;
    let verdict = format::check(name, &head, accepted).and_then(|(named, found)| {
        let sheets = match found {
            WorkbookFormat::Xlsx => xlsx::sheets(file, &mut proceed),
            WorkbookFormat::Xls => xls::sheets(file, &mut proceed),
        }?;
        if named != found {
            return Err(format::differ(named, found));
        }
        verdict(&sheets)
    });
    let mut report = Report::default();
    match verdict {
        Ok(()) => {}
        Err(Trouble::Stopped) => return Ok(None),
        Err(Trouble::Io(error)) => return Err(error),
        Err(Trouble::Bad(code, message, hint)) => {
            report.find(code, None, None, message);
            report.hint = Some(hint);
        }
    }
    Ok(Some(report))
}

fn verdict(sheets: &[(String, SheetRows)]) -> Result<(), Trouble> {
    match sheets.iter().find(|(_, rows)| rows.header().is_some()) {
        Some((_, rows)) if rows.has_data() => Ok(()),
        Some((name, rows)) => {
            let row = rows.header().unwrap_or_default();
            let message = format!("sheet '{name}' has a header row (row {row}) and no data row");
            Err(Trouble::Bad("NO_DATA_ROW", message, "fill in at least one row below the header"))
        }
        None => {
            let names: Vec<String> = sheets.iter().map(|(name, _)| format!("'{name}'")).collect();
            let message = match names.as_slice() {
                [] => "it has no sheet with rows".to_owned(),
                [only] => format!("its only sheet {only} is empty"),
                several => format!("its sheets {} are all empty", several.join(", ")),
            };
            Err(Trouble::Bad("EMPTY_WORKBOOK", message, "fill in a header row and the rows below it"))
        }
    }
}

#[cfg(test)]
mod tests;
