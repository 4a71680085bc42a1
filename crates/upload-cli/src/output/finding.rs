use serde::Serialize;
use upload_proto::ValidationError;

/// One thing wrong with a file's content: the platform's word, or found here before anything was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// A stable name.
    pub(crate) code: String,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The row, as the platform counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<u64>,
    /// The line of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// The column's name, or its number from 1 where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
}

impl From<ValidationError> for Finding {
    fn from(error: ValidationError) -> Self {
        let row = error.row_number();
        let ValidationError { code, message, column, .. } = error;
        Self { code, message, row, line: None, column }
    }
}

/// What was found wrong with a file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Findings {
    pub(crate) valid: bool,
    /// The findings, or the first of them.
    pub(crate) errors: Vec<Finding>,
    /// How many there are, where not all are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errors_total: Option<u64>,
}

impl Findings {
    /// None.
    pub(crate) fn none() -> Self {
        Self { valid: true, ..Self::default() }
    }

    /// These, which are all.
    pub(crate) fn all(errors: impl IntoIterator<Item = impl Into<Finding>>) -> Self {
        Self { errors: errors.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Whether there is one, and the message of an error says it already.
    pub(crate) fn is_told_by(&self, message: &str) -> bool {
        match self.errors.as_slice() {
            [only] => only.message.as_ref().is_some_and(|own| message.contains(own.as_str())),
            _ => false,
        }
    }

    /// How many there are, listed or not.
    pub(crate) fn total(&self) -> u64 {
        self.errors_total.unwrap_or(self.errors.len() as u64)
    }
}
