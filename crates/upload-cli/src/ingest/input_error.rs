use std::{fmt, io};

use crate::error::{CliError, ErrorKind};

/// What is wrong with the input, and where.
#[derive(Debug)]
pub(crate) struct InputError {
    pub(crate) line: Option<u64>,
    pub(crate) column: Option<String>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// It could not be read, as opposed to: it says something wrong.
    pub(crate) is_io: bool,
}

impl InputError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { line: None, column: None, message: message.into(), hint: None, is_io: false }
    }

    pub(super) fn at_line(self, line: u64) -> Self {
        Self { line: Some(line), ..self }
    }

    pub(super) fn in_column(self, column: &str) -> Self {
        Self { column: Some(column.to_owned()), ..self }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same as the command reports it for its input.
    pub(crate) fn for_input(&self, label: &str) -> CliError {
        let kind = if self.is_io { ErrorKind::LocalFile } else { ErrorKind::Content };
        CliError::new(kind, format!("{label}: {self}"))
            .hint(self.hint.clone().unwrap_or_else(|| "correct the input and run again".into()))
    }
}

impl From<io::Error> for InputError {
    fn from(error: io::Error) -> Self {
        Self { is_io: true, ..Self::new(format!("it cannot be read: {error}")).hint("check the file") }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(column) = &self.column {
            write!(f, "column '{column}': ")?;
        }
        f.write_str(&self.message)
    }
}
