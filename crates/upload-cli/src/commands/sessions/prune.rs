use std::time::SystemTime;

use super::abort::{self, report};
use crate::{
    args::OutputFormat,
    commands::{Ending, Session as Command, tally::Tally},
    error::{CliError, ErrorKind},
    journal::{Journals, Session, State},
    output::{JobId, Note, Status, plain},
    platform::{Load, Platform, Target},
    signals,
};

/// Clears away what is over, and gives up what can only begin anew. An upload that is open on the platform is forgotten
/// only by force.
pub(super) async fn run(command: &Command, journals: &Journals, force: bool) -> Result<Ending, CliError> {
    let (now, mut removed, mut tally) = (SystemTime::now(), 0_u64, Tally::default());
    let mut hopeless = Vec::new();
    for session in journals.list()? {
        if session.holder.is_some() {
            continue;
        }
        match session.state(now) {
            State::Over => {
                journals.remove(&session.id)?;
                removed += 1;
            }
            State::Expired | State::Damaged => hopeless.push(session),
            State::Open | State::Completing => {}
            state @ (State::Newer | State::Unreadable) => {
                let (name, path) = (state.name(), session.path.display());
                command.reporter.say(&format!("left alone, because it is {name}: {path}"));
            }
        }
    }
    journals.sweep();
    if removed > 0 {
        command.reporter.say(&format!("{removed} journal(s) of uploads that are over removed"));
    }
    if hopeless.is_empty() {
        return Ok(Ending::Done);
    }
    let cancel = signals::watch(&command.screen, super::ON_SIGNAL)?;
    let platform = match connect(command).await {
        Ok(platform) => Ok(platform),
        Err(error) if force => Err(error),
        Err(error) => return Err(error),
    };
    for (place, session) in (0..).map(JobId).zip(&hopeless) {
        if cancel.is_cancelled() {
            tally.failed(ErrorKind::Cancelled);
            break;
        }
        let aborted = match &platform {
            Ok(platform) => abort::one(journals, platform, session).await,
            Err(error) => Err(error.clone()),
        };
        match aborted {
            Ok(()) => {
                tally.completed();
                report(command, place, session, Status::Aborted, None);
            }
            Err(error) if force && error.kind != ErrorKind::Locked => {
                journals.remove(&session.id)?;
                tally.completed();
                forgotten(command, place, session, &error);
            }
            Err(error) => {
                tally.failed(error.kind);
                report(command, place, session, Status::Failed, Some(&error));
            }
        }
    }
    if let Ok(platform) = platform {
        platform.close().await;
    }
    Ok(tally.verdict().map_or(Ending::Done, Ending::Reported))
}

async fn connect(command: &Command) -> Result<Platform, CliError> {
    let target = Target::resolve(&command.settings, &command.global)?;
    target.connect(&command.settings, &command.global, Load::light(1)).await
}

/// Says what is forgotten by force, even to those who want to hear little: nothing else here will know of it any more.
fn forgotten(command: &Command, place: JobId, session: &Session, error: &CliError) {
    let what = match session.rescued() {
        Some(known) => format!("upload id {}, object key {}", known.upload_id, known.object_key),
        None => "of which nothing is known".into(),
    };
    let message = format!("forgotten, and perhaps still open on the platform ({what}): {error}");
    let label = session.label();
    match command.format {
        OutputFormat::Json => {
            command.reporter.report(place, &Note::Warning { file: &label, message: &message });
        }
        OutputFormat::Human => command.screen.note(&plain(&format!("warning: {label}: {message}"))),
    }
}
