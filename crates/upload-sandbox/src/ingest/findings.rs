use upload_proto::ValidationError;

use super::Refused;
use crate::content::{MAX_FINDINGS, Problem};

/// What is wrong with the records of a body; of more than a hundred things, the first.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<ValidationError>);

impl Findings {
    /// Something wrong with a field of a record; records are counted from 1.
    pub(super) fn field(&mut self, record: Option<usize>, column: &str, problem: Problem) {
        self.push(record, Some(column), problem.code(), problem.message());
    }

    /// Something else.
    pub(super) fn push(&mut self, record: Option<usize>, column: Option<&str>, code: &str, message: &str) {
        if self.0.len() < MAX_FINDINGS {
            self.0.push(ValidationError {
                code: code.into(),
                message: Some(message.into()),
                row: record.and_then(|record| record.try_into().ok()),
                column: column.map(str::to_owned),
            });
        }
    }

    /// Refuses, where anything was found.
    pub(super) fn settle(self) -> Result<(), Refused> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Refused { message: "there are records that cannot be taken".into(), findings: self.0 })
    }
}
