use std::time::Duration;

use super::{
    JOB, Job, State,
    destination::{Destination, Opened},
};
use crate::{
    error::{CliError, ErrorKind},
    output::{FileResult, Note, Status, Summary, bytes},
};

/// What this way of moving bytes is called in JSON.
pub(super) const PATTERN: &str = "download";

/// How the command ends.
pub(super) struct Settled {
    pub(super) kind: Option<ErrorKind>,
    pub(super) summary: Summary,
}

/// Gives the list its name, or leaves what there is of it for later; and says so.
pub(super) fn settle(job: &Job<'_>, state: State, ended: Result<(), CliError>, taken: Duration) -> Settled {
    let State { status, counts, mut opened } = state;
    let taken = counts.began.map_or(taken, |began| began.elapsed());
    let received = opened.as_mut().map(|opened| opened.sink().position());
    let etag = opened.as_mut().and_then(|opened| opened.sink().etag());
    let ended = match ended {
        Ok(()) => finish(job.destination, opened),
        Err(error) => Err(leave(opened, error)),
    };
    let is_whole = ended.is_ok();
    let error = ended.err();
    let kind = error.as_ref().map(|error| error.kind);
    let mut result = FileResult {
        pattern: Some(PATTERN),
        bytes: received,
        path: match job.destination {
            Destination::File { path, .. } if is_whole => Some(path.clone()),
            _ => None,
        },
        etag,
        seconds: Some((taken.as_secs_f64() * 1000.0).round() / 1000.0),
        attempts: Some(counts.attempts),
        retries: Some(counts.retries),
        resumed_bytes: Some(counts.resumed_bytes),
        package_status: status.map(|status| status.as_str().to_owned()),
        ..FileResult::bare(job.package, Status::Completed, error.as_ref())
    };
    result.status = match kind {
        None => Status::Completed,
        Some(ErrorKind::Cancelled) => Status::Aborted,
        Some(_) => Status::Failed,
    };
    let mut summary = Summary::default();
    summary.count(&result);
    match (kind, job.destination) {
        // Whoever closes a pipe early knows.
        (Some(ErrorKind::ReaderGone), _) => {}
        // Standard output carries the list, and nothing else.
        (None, Destination::Stdout) => {
            let count = bytes(received.unwrap_or_default());
            job.reporter.say(&format!("{}: {count} written to standard output", job.package));
        }
        _ => job.reporter.report(JOB, &Note::Result(&result)),
    }
    Settled { kind, summary }
}

fn finish(destination: &Destination, opened: Option<Opened>) -> Result<(), CliError> {
    match (destination, opened) {
        (Destination::File { path, force }, Some(Opened::File(partial))) => {
            partial.finish(path, *force).map(drop)
        }
        _ => Ok(()),
    }
}

/// The error, with what is kept of the list.
fn leave(opened: Option<Opened>, error: CliError) -> CliError {
    let Some(Opened::File(partial)) = opened else { return error };
    let Some((path, count)) = partial.leave() else { return error };
    let message = format!(
        "{}; {} of the list are kept in {}, and the same command goes on from there",
        error.message,
        bytes(count),
        path.display()
    );
    CliError { message, ..error }
}
