use std::{fmt, path::Path};

use super::Trouble;

/// The formats of workbooks that the platform takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkbookFormat {
    /// Office Open XML (ECMA-376): XML in a ZIP archive.
    Xlsx,
    /// Excel 97 to 2003 (MS-XLS): records in a compound file.
    Xls,
}

impl WorkbookFormat {
    /// The one that files of this name are in.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "xlsx" => Some(Self::Xlsx),
            "xls" => Some(Self::Xls),
            _ => None,
        }
    }

    /// The one that content with this beginning may be in.
    fn of_content(head: &[u8]) -> Option<Self> {
        const ZIP: &[u8] = b"PK\x03\x04";
        const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
        match head {
            _ if head.starts_with(ZIP) => Some(Self::Xlsx),
            _ if head.starts_with(COMPOUND_FILE) => Some(Self::Xls),
            _ => None,
        }
    }

    /// Its media type, as IANA registers it.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xls => "application/vnd.ms-excel",
        }
    }
}

impl fmt::Display for WorkbookFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Xlsx => ".xlsx",
            Self::Xls => ".xls",
        })
    }
}

/// The format of its name, which is an accepted one, and that of its content.
pub(super) fn check(
    name: &str,
    head: &[u8],
    accepted: &[WorkbookFormat],
) -> Result<(WorkbookFormat, WorkbookFormat), Trouble> {
    let listed = accepted.iter().map(WorkbookFormat::to_string).collect::<Vec<_>>().join(" or ");
    let named =
        WorkbookFormat::of_name(name).filter(|format| accepted.contains(format)).ok_or_else(|| {
            let message = format!("by its name it is no {listed} workbook, and no other is taken here");
            Trouble::Bad("NOT_ACCEPTED", message, "save it as such in a spreadsheet program")
        })?;
    let found = WorkbookFormat::of_content(head).ok_or_else(|| {
        let message = format!("it is called {named}, and its content is {}", describe(head));
        let hint = "send the workbook itself: another file does not become one by its name";
        Trouble::Bad("NOT_A_WORKBOOK", message, hint)
    })?;
    Ok((named, found))
}

/// What is wrong with a workbook under the name of the other format. It is told once the workbook is open: a password
/// turns an `.xlsx` into a compound file as well, and that is another matter.
pub(super) fn differ(named: WorkbookFormat, found: WorkbookFormat) -> Trouble {
    let message = format!("it is called {named}, and its content is {found}");
    Trouble::Bad("NAME_AND_CONTENT_DIFFER", message, "rename it, or save it in the format of its name")
}

fn describe(head: &[u8]) -> String {
    match infer::get(head) {
        Some(kind) => format!("{}, not a workbook", kind.mime_type()),
        None if !head.contains(&0) && is_text(head) => "text (CSV, perhaps), not a workbook".to_owned(),
        None => "no workbook".to_owned(),
    }
}

/// Whether it is UTF-8, but for a last character that may be cut off.
fn is_text(head: &[u8]) -> bool {
    std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_workbook_is_called_what_it_is() {
        assert_eq!(describe(b"%PDF-1.7\n"), "application/pdf, not a workbook");
        assert_eq!(describe("id,name\n1,Zoë\n".as_bytes()), "text (CSV, perhaps), not a workbook");
        assert_eq!(describe(&[0, 1, 2, 255]), "no workbook");
    }

    #[test]
    fn names_are_told_by_their_end_in_any_case() {
        assert_eq!(WorkbookFormat::of_name("a.b.XLSX"), Some(WorkbookFormat::Xlsx));
        assert_eq!(WorkbookFormat::of_name("a.xls"), Some(WorkbookFormat::Xls));
        for other in ["xlsx", "a.xlsm", "a.csv", "a"] {
            assert_eq!(WorkbookFormat::of_name(other), None, "{other}");
        }
    }
}
