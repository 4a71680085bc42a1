use std::path::PathBuf;

use upload_http::FileSource;

use super::{
    candidate::{Candidate, Origin, Overrides},
    check::check,
    deliver,
    job::Workshop,
    options::PutOptions,
    selection::Selection,
};
use crate::{
    args::{PatternChoice, PutArgs},
    commands::{Ending, Session as Command, sessions},
    error::{CliError, ErrorKind},
    journal::Session,
    output::{FileResult, JobId, Note, Status},
    platform::{Load, Platform, Target},
    signals,
};

/// Goes on with unfinished uploads, as the same `put` would. One that cannot be gone on with stops no other.
pub(in crate::commands) async fn resume(
    command: &Command,
    args: &PutArgs,
    chosen: Vec<Session>,
) -> Result<Ending, CliError> {
    let options = PutOptions::resolve(&command.settings, args)?;
    let target = Target::resolve(&command.settings, &command.global)?;
    let cancel = signals::watch(&command.screen, super::ON_SIGNAL)?;
    let platform = target
        .connect(
            &command.settings,
            &command.global,
            Load { connections: options.concurrency.most().get(), bytes: None, files: 0 },
        )
        .await?;
    let (mut refused, mut candidates) = (None, Vec::new());
    for (place, session) in (0..).map(JobId).zip(chosen) {
        match candidate(&session, &platform) {
            Ok(candidate) => candidates.push(candidate),
            Err(error) => {
                let result = FileResult {
                    session: Some(session.id.as_str().to_owned()),
                    ..FileResult::bare(&session.label(), Status::Failed, Some(&error))
                };
                command.reporter.report(place, &Note::Result(&result));
                refused = refused.or(Some(error.kind));
            }
        }
    }
    if candidates.is_empty() {
        platform.close().await;
        return Ok(refused.map_or(Ending::Done, Ending::Reported));
    }
    let (workshop, selection) = (Workshop::new(&options), Selection::of(candidates));
    let checked = check(&workshop, &selection, &*command.reporter);
    if let Some(kind) = checked.tally.verdict() {
        platform.close().await;
        return Ok(Ending::Reported(kind));
    }
    let ending = deliver(command, platform, &options, (&workshop, &selection), checked.scope, cancel).await;
    Ok(match (ending, refused) {
        (Ending::Done, Some(_)) => Ending::Reported(ErrorKind::Partial),
        (ending, _) => ending,
    })
}

/// The file as the `put` that began it named it.
fn candidate(session: &Session, platform: &Platform) -> Result<Candidate, CliError> {
    if session.platform().is_some_and(|place| place != platform.identity) {
        return Err(sessions::foreign(session));
    }
    let journal = session.journal().filter(|_| session.can_be_resumed());
    let Some((checkpoint, file)) =
        journal.and_then(|journal| Some((&journal.checkpoint, journal.opened.file.as_ref()?)))
    else {
        let message = format!("{}: this upload cannot be gone on with", session.label());
        let hint = format!("give it up: upload sessions abort {}", session.id);
        return Err(CliError::new(ErrorKind::LocalFile, message).hint(hint));
    };
    FileSource::open(&file.path)?;
    let overrides = Overrides {
        name: Some(checkpoint.filename.clone()),
        upload_type: Some(checkpoint.upload_type.clone()),
        pattern: Some(PatternChoice::Multipart),
        ..Overrides::default()
    };
    Ok(Candidate { origin: Origin::Path(PathBuf::from(&file.path)), overrides })
}
