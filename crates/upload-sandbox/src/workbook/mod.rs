//! Whether a file is a workbook the platform could read, by its content.

mod cell;
mod review;
mod sheets;

use std::{
    fs::File,
    io::{Read, Seek},
    path::Path,
};

pub(crate) use review::{Finding, Review};

/// How a ZIP archive begins, which is what an `.xlsx` is (Office Open XML).
const ZIP: &[u8] = b"PK\x03\x04";
/// How a compound file begins, which is what an `.xls` is (MS-CFB, section 2.2).
const COMPOUND_FILE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// The two kinds of workbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Excel 2007 and later.
    Xlsx,
    /// Excel 97 to 2003.
    Xls,
}

/// Why a workbook as a whole is no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it is not a workbook: it begins like neither an .xlsx nor an .xls")]
    NotAWorkbook,
    #[error("it is named {name} and is {actual} by its content")]
    Misnamed { name: String, actual: &'static str },
    #[error("it begins like a workbook and does not open: {0}")]
    Broken(String),
    #[error("it has no sheet")]
    NoSheet,
    #[error("its first sheet has no header row")]
    NoHeader,
    #[error("its first sheet has no row below the header")]
    NoRows,
}

impl Unusable {
    /// The name of the trouble in answers.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotAWorkbook => "NOT_A_WORKBOOK",
            Self::Misnamed { .. } => "WRONG_EXTENSION",
            Self::Broken(_) => "BROKEN_WORKBOOK",
            Self::NoSheet => "NO_SHEET",
            Self::NoHeader => "NO_HEADER",
            Self::NoRows => "NO_ROWS",
        }
    }
}

impl Kind {
    /// What the name of such a file ends with.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
        }
    }

    fn of(file: &mut File) -> std::io::Result<Option<Self>> {
        let mut magic = [0; 8];
        let mut read = 0;
        while let Some(rest) = magic.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match file.read(rest)? {
                0 => break,
                more => read += more,
            }
        }
        file.rewind()?;
        let magic = magic.get(..read).unwrap_or_default();
        Ok(match magic {
            _ if magic.starts_with(ZIP) => Some(Self::Xlsx),
            _ if magic == COMPOUND_FILE => Some(Self::Xls),
            _ => None,
        })
    }
}

/// Reads the first sheet row by row; never holds it whole, where it is an `.xlsx`.
pub(crate) fn review(path: &Path) -> Result<(Kind, Review), Unusable> {
    let broken = |error: std::io::Error| Unusable::Broken(error.to_string());
    let mut file = File::open(path).map_err(broken)?;
    let kind = Kind::of(&mut file).map_err(broken)?.ok_or(Unusable::NotAWorkbook)?;
    let extension = path.extension().unwrap_or_default();
    if !extension.eq_ignore_ascii_case(kind.extension()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(Unusable::Misnamed { name, actual: kind.extension() });
    }
    let mut review = Review::default();
    match kind {
        Kind::Xlsx => sheets::read_xlsx(file, &mut review)?,
        Kind::Xls => sheets::read_xls(file, &mut review)?,
    }
    review.finish().map(|review| (kind, review))
}
