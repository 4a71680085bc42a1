//! What can be found wrong with a file before it is sent.

mod csv;
mod encoding;
mod header;
mod media_type;
mod workbook;

pub(crate) use self::{
    csv::check_csv,
    encoding::{BadByte, Encoding},
    media_type::media_type,
    workbook::{WorkbookFormat, check_workbook},
};
use crate::{
    error::{CliError, ErrorKind},
    output::{FileResult, Finding, Findings, Status},
};

/// How many findings are kept; the others are counted.
const KEPT: usize = 100;

/// What a look into a file has found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The first of them, in the order of the file.
    pub(crate) findings: Vec<Finding>,
    /// All of them.
    pub(crate) total: u64,
    /// What is odd without being wrong.
    pub(crate) warning: Option<String>,
    /// What to do about what is wrong, where that is known.
    hint: Option<&'static str>,
}

impl Report {
    /// Notes something wrong: its stable name, where it is (both from 1), and what it is in words.
    fn find(&mut self, code: &str, line: Option<u64>, column: Option<String>, message: impl Into<String>) {
        self.total += 1;
        if self.findings.len() < KEPT {
            let (code, message) = (code.to_owned(), Some(message.into()));
            self.findings.push(Finding { code, message, row: None, line, column });
        }
    }

    /// What it comes to for a file that has findings: it is not sent.
    pub(crate) fn refuse(self, file: &str, hint: &str) -> FileResult {
        let message = match (self.total, self.findings.first().and_then(|first| first.message.as_ref())) {
            (1, Some(message)) => format!("it would be refused, so it was not sent: {message}"),
            (total, _) => format!("it would be refused ({total} findings), so it was not sent"),
        };
        let error = CliError::new(ErrorKind::Content, message).hint(self.hint.unwrap_or(hint));
        let errors_total = (self.total > self.findings.len() as u64).then_some(self.total);
        let validation = Some(Findings { errors_total, ..Findings::all(self.findings) });
        FileResult { validation, ..FileResult::bare(file, Status::Failed, Some(&error)) }
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.total == 0
    }
}

#[cfg(test)]
fn codes(report: &Report) -> Vec<(&str, Option<u64>, Option<&str>)> {
    report.findings.iter().map(|f| (f.code.as_str(), f.line, f.column.as_deref())).collect()
}
