use std::time::Duration;

use upload_core::{Completed, Ended, Outcome, Remains, Source, Validation};

use super::job::Job;
use crate::{
    error::{CliError, ErrorKind},
    journal::SessionId,
    output::{ErrorNote, FileResult, Findings, Status},
};

/// What an upload's end comes to, for people and programs.
///
/// `session` is the name of its journal, where it has one.
pub(super) fn file_result(
    job: &Job,
    parts: u32,
    ended: Ended,
    session: Option<&SessionId>,
    taken: Duration,
) -> FileResult {
    let Ended { outcome, totals } = ended;
    let mut result = FileResult {
        pattern: Some(job.pattern()),
        bytes: Some(job.source.len()),
        parts: Some(parts),
        seconds: Some((taken.as_secs_f64() * 1000.0).round() / 1000.0),
        attempts: Some(totals.attempts),
        retries: Some(totals.retries),
        resumed_parts: Some(totals.resumed_parts),
        ..FileResult::bare(&job.label, Status::Completed, None)
    };
    match outcome {
        Outcome::Completed(completed) => complete(&mut result, completed),
        Outcome::Failed { failure, remains } => {
            let error = CliError::from(&failure);
            fail(&mut result, Status::Failed, error, &remains, session);
        }
        Outcome::Aborted { remains } => {
            let error = CliError::new(ErrorKind::Cancelled, "cancelled");
            fail(&mut result, Status::Aborted, error, &remains, session);
        }
    }
    result
}

fn complete(result: &mut FileResult, completed: Completed) {
    let Completed { object_key, upload_id, etag, bytes, parts, validation } = completed;
    result.bytes = Some(bytes);
    result.parts = Some(parts);
    result.upload_id = upload_id.map(String::from);
    result.etag = etag.map(|etag| etag.as_str().to_owned());
    match validation {
        Validation::Skipped | Validation::Unavailable => {}
        Validation::Valid => {
            result.validation = Some(Findings::none());
        }
        Validation::Invalid(errors) => {
            let message = format!(
                "the platform refuses the content ({} finding(s)); the object is stored as {object_key}",
                errors.len()
            );
            let error = CliError::new(ErrorKind::Content, message);
            result.error = Some((&error.hint("correct what it names, then upload the file again")).into());
            result.validation = Some(Findings::all(errors));
            result.status = Status::Failed;
        }
        Validation::Unknown(failure) => {
            let error = CliError::from(&failure);
            let message = format!(
                "{}; the object is stored as {object_key}, but whether the platform accepts it is unknown",
                error.message
            );
            result.error = Some((&CliError { message, ..error }).into());
            result.status = Status::Failed;
        }
    }
    result.object_key = Some(object_key.into());
}

fn fail(
    result: &mut FileResult,
    status: Status,
    error: CliError,
    remains: &Remains,
    session: Option<&SessionId>,
) {
    let still_open = matches!(remains, Remains::Kept(_) | Remains::LeftOpen { .. } | Remains::Unclear { .. });
    let session = session.filter(|_| still_open);
    result.session = session.map(|id| id.as_str().to_owned());
    result.status = status;
    let mut error = ErrorNote::from(&error);
    match remains {
        Remains::Nothing => {}
        Remains::Aborted { upload_id, .. } => {
            result.upload_id = Some(upload_id.as_str().to_owned());
            error.message.push_str("; the upload was aborted on the platform, nothing is left there");
        }
        Remains::Kept(checkpoint) => {
            result.upload_id = Some(checkpoint.upload_id.as_str().to_owned());
            error.message.push_str("; the upload was left open on the platform, as asked");
            if let (Some(id), Some(hint)) = (session, &mut error.hint) {
                hint.push_str(&format!(
                    "; to go on: upload sessions resume {id}, to give it up: upload sessions abort {id}"
                ));
            }
        }
        Remains::LeftOpen { checkpoint, failure } => {
            let (id, key) = (&checkpoint.upload_id, &checkpoint.object_key);
            result.upload_id = Some(id.as_str().to_owned());
            error.message.push_str(&format!(
                "; the upload is STILL OPEN on the platform, because {failure} (upload id {id}, object key {key})"
            ));
            if let Some(id) = session {
                error.hint = Some(format!(
                    "abort it later, since its parts take up storage: upload sessions abort {id}"
                ));
            } else if status == Status::Aborted {
                error.hint =
                    Some("have the platform abort that upload: its parts take up storage until then".into());
            }
        }
        Remains::Gone { upload_id, .. } => {
            result.upload_id = Some(upload_id.as_str().to_owned());
            error.message.push_str("; the platform knows neither the upload nor its object any more");
        }
        Remains::Unclear { checkpoint, failure } => {
            let (id, key) = (&checkpoint.upload_id, &checkpoint.object_key);
            result.upload_id = Some(id.as_str().to_owned());
            error.message.push_str(&format!(
                "; WHETHER THE OBJECT {key} EXISTS IS NOT KNOWN, because {failure}; nothing was aborted (upload id {id})"
            ));
            if let Some(id) = session {
                error.hint = Some(format!("find out later: upload sessions resume {id}"));
            }
        }
    }
    result.error = Some(error);
}
