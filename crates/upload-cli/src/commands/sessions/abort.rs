use upload_core::JournalError;
use upload_proto::AbortRequest;

use crate::{
    commands::{Ending, Session as Command, put, tally::Tally},
    error::{CliError, ErrorKind},
    journal::{self, Content, Journals, LockError, Session},
    output::{FileResult, JobId, Note, Status, plain},
    platform::{Load, Platform, Target},
    signals,
};

/// Gives uploads up on the platform, each on its own: one that fails keeps its journal and stops no other.
pub(super) async fn run(
    command: &Command,
    journals: &Journals,
    chosen: Vec<Session>,
) -> Result<Ending, CliError> {
    let target = Target::resolve(&command.settings, &command.global)?;
    let cancel = signals::watch(&command.screen, super::ON_SIGNAL)?;
    let platform = target.connect(&command.settings, &command.global, Load::light(1)).await?;
    let mut tally = Tally::default();
    for (place, session) in (0..).map(JobId).zip(&chosen) {
        if cancel.is_cancelled() {
            tally.failed(ErrorKind::Cancelled);
            report(command, place, session, Status::Skipped, None);
            continue;
        }
        match one(journals, &platform, session).await {
            Ok(()) => {
                tally.completed();
                report(command, place, session, Status::Aborted, None);
            }
            Err(error) => {
                tally.failed(error.kind);
                report(command, place, session, Status::Failed, Some(&error));
            }
        }
    }
    platform.close().await;
    Ok(tally.verdict().map_or(Ending::Done, Ending::Reported))
}

/// Gives one up, and removes its journal. One that the platform does not know any more is given up already.
pub(super) async fn one(journals: &Journals, platform: &Platform, session: &Session) -> Result<(), CliError> {
    let _lock = journals.lock(&session.id).map_err(|error| match error {
        LockError::Held(holder) => journal::held(&session.label(), holder),
        LockError::Io(error) => journal::unlockable(&session.path, &error),
    })?;
    // Before the lock was this process's own, somebody may have finished it.
    let Some(session) = journals.look(&session.id) else { return Ok(()) };
    if session.is_over() {
        return journals.remove(&session.id);
    }
    let Some(known) = session.rescued() else {
        let why = match &session.content {
            Content::Broken(error) => error.to_string(),
            Content::Unreadable(error) => format!("it cannot be read: {error}"),
            Content::Whole(_) => String::new(),
        };
        let message = format!("{}: the journal names no upload: {why}", session.path.display());
        let newer = matches!(session.content, Content::Broken(JournalError::FromTheFuture(_)));
        let hint = match newer {
            true => "use the newer version of this program",
            false => "clear it away with upload sessions prune --force",
        };
        return Err(CliError::new(ErrorKind::LocalFile, message).hint(hint));
    };
    if session.platform().as_ref() != Some(&platform.identity) {
        return Err(foreign(&session));
    }
    let request = AbortRequest { upload_id: known.upload_id, object_key: known.object_key };
    put::abort(&platform.transport, &request).await.map_err(|failure| CliError::from(&failure))?;
    journals.remove(&session.id)
}

/// Says that a session belongs to another platform than the settings name.
pub(in crate::commands) fn foreign(session: &Session) -> CliError {
    let place =
        session.platform().map(|platform| format!("{} for partner {}", platform.api, platform.partner));
    let place = place.unwrap_or_else(|| "another platform".into());
    let message = format!("{}: its upload is on {place}, and these settings name another", session.label());
    CliError::new(ErrorKind::Settings, message)
        .hint("choose that platform and partner: --profile, --api-url, --partner")
}

/// Says what became of one.
pub(super) fn report(
    command: &Command,
    place: JobId,
    session: &Session,
    status: Status,
    error: Option<&CliError>,
) {
    let label = session.label();
    let known = session.rescued();
    let result = FileResult {
        session: Some(session.id.as_str().to_owned()),
        upload_id: known.as_ref().map(|known| known.upload_id.as_str().to_owned()),
        object_key: known.map(|known| known.object_key.as_str().to_owned()),
        ..FileResult::bare(&label, status, error)
    };
    command.reporter.report(place, &Note::Result(&result));
    if status == Status::Aborted && command.format == crate::args::OutputFormat::Human {
        let label = plain(&label);
        command
            .screen
            .result(&format!("{label}: its upload is given up, nothing of it is left on the platform"));
    }
}
