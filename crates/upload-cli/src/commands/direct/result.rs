use upload_core::{Delivery, Failure};
use upload_proto::BulkUploadOutcome;

use super::errand::{Answer, Errand};
use crate::{
    error::{CliError, ErrorKind},
    output::{ErrorNote, FileResult, Findings, Status},
};

const UNKNOWN: &str = "; whether the platform took the file is unknown";
const LOOK_FIRST: &str =
    "look on the platform whether it arrived before you send it again: it might count twice";

/// What an answer comes to.
pub(super) fn answered(errand: &Errand, label: &str, answer: Answer) -> FileResult {
    let completed = FileResult::bare(label, Status::Completed, None);
    let taken = FileResult { taken_as: Some(errand.describe()), ..completed };
    match answer {
        Answer::Media(asset) => FileResult { media: Some(asset), ..taken },
        Answer::Taken => FileResult { validation: Some(Findings::none()), ..taken },
        Answer::Events(outcome) => match outcome {
            BulkUploadOutcome::Accepted => FileResult { validation: Some(Findings::none()), ..taken },
            BulkUploadOutcome::RowErrors(errors) => {
                let message = format!("the platform refuses {} row(s)", errors.len());
                refused(label, &message, Findings::all(errors))
            }
            BulkUploadOutcome::Refused(body) => {
                let message = match body.summary().filter(|_| body.validation_errors.is_empty()) {
                    Some(summary) => format!("the platform refuses the workbook: {summary}"),
                    None => "the platform refuses the workbook".to_owned(),
                };
                refused(label, &message, Findings::all(body.validation_errors))
            }
        },
    }
}

/// What a failure comes to.
pub(super) fn failed(label: &str, failure: &Failure, delivery: Delivery) -> FileResult {
    let mut error = CliError::from(failure);
    let findings = match failure {
        Failure::Request { error, .. } if !error.findings.is_empty() => {
            Some(Findings::all(error.findings.iter().cloned()))
        }
        _ => None,
    };
    let may_have_arrived = failure.transport_kind().is_some_and(|kind| kind.leaves_outcome_unknown());
    if may_have_arrived && delivery == Delivery::AtMostOnce {
        error.message.push_str(UNKNOWN);
        let then = error.hint.map(|hint| format!("; then {hint}")).unwrap_or_default();
        error.hint = Some(format!("{LOOK_FIRST}{then}"));
    }
    FileResult { validation: findings, ..FileResult::bare(label, Status::Failed, Some(&error)) }
}

/// What being cancelled comes to, after the whole file was handed over to the network or before.
pub(super) fn cancelled(label: &str, is_handed_over: bool, delivery: Delivery) -> FileResult {
    let mut error = CliError::new(ErrorKind::Cancelled, "cancelled");
    match (is_handed_over, delivery) {
        (false, _) => error.message.push_str(" before the whole file was sent"),
        (true, Delivery::AtLeastOnce) => {}
        (true, Delivery::AtMostOnce) => {
            error.message.push_str(UNKNOWN);
            error.hint = Some(LOOK_FIRST.into());
        }
    }
    FileResult::bare(label, Status::Aborted, Some(&error))
}

fn refused(label: &str, message: &str, findings: Findings) -> FileResult {
    let error =
        CliError::new(ErrorKind::Content, message).hint("correct what it names, then upload it again");
    let error = Some(ErrorNote::from(&error));
    FileResult { validation: Some(findings), error, ..FileResult::bare(label, Status::Failed, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(json: &str) -> FileResult {
        let errand = Errand::Events { event_type: upload_proto::EventType::Prisma };
        answered(&errand, "e.xlsx", Answer::Events(serde_json::from_str(json).unwrap()))
    }

    #[test]
    fn the_body_decides() {
        let taken = events("[400, []]");
        assert_eq!((taken.status, taken.taken_as.as_deref()), (Status::Completed, Some("prisma events")));
        for (json, words) in [
            (r#"[400, [{"errCode":"ROW_3_INVALID_DATE"}]]"#, "1 row(s)"),
            (r#"{"detail":[{"name":"ROW_3_INVALID_DATE"}]}"#, "the workbook"),
        ] {
            let result = events(json);
            let error = result.error.unwrap();
            assert_eq!((result.status, error.kind), (Status::Failed, ErrorKind::Content));
            assert!(error.message.contains(words), "{}", error.message);
            let finding = &result.validation.unwrap().errors[0];
            assert_eq!((finding.code.as_str(), finding.row), ("ROW_3_INVALID_DATE", Some(3)));
        }
        assert!(events(r#"{"detail":"broken"}"#).error.unwrap().message.ends_with(": broken"));
    }

    #[test]
    fn being_cancelled_says_whether_the_file_may_have_arrived() {
        let message = |is_handed_over, delivery| {
            let result = cancelled("a.xlsx", is_handed_over, delivery);
            assert_eq!(result.status, Status::Aborted);
            result.error.unwrap().message
        };
        for delivery in [Delivery::AtLeastOnce, Delivery::AtMostOnce] {
            assert_eq!(message(false, delivery), "cancelled before the whole file was sent");
        }
        assert_eq!(message(true, Delivery::AtLeastOnce), "cancelled");
        assert_eq!(message(true, Delivery::AtMostOnce), format!("cancelled{UNKNOWN}"));
    }
}
