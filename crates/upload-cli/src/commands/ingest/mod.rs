//! `upload ingest`: records in bulk, in batches that succeed or fail on their own.

mod delivery;
mod options;
mod outcome;
mod reader;

use std::{fs::File, path::Path, time::Instant};

use futures::{StreamExt, stream::FuturesOrdered};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use upload_core::Progress;

use self::{
    delivery::Delivery,
    options::{IngestOptions, Origin},
    outcome::Outcome,
    reader::{Checked, Feed, check, feed},
};
use super::{Ending, Session};
use crate::{
    args::IngestArgs,
    error::{CliError, ErrorKind},
    ingest::InputError,
    output::{IngestPlan, JobId, Note, Started},
    platform::{Load, Platform, Target},
    signals,
};

const ON_SIGNAL: &str = "stopping after the batch that is under way (once more to leave at once)";
const JOB: JobId = JobId(0);

pub(super) async fn run(session: &Session, args: IngestArgs) -> Result<Ending, CliError> {
    let options = IngestOptions::resolve(args)?;
    let target = match options.dry_run {
        true => None,
        false => Some(Target::resolve(&session.settings, &session.global)?),
    };
    let cancel = signals::watch(&session.screen, ON_SIGNAL)?;
    let checked = match options.reads_through() {
        false => None,
        true => match look(session, &options, &cancel).await? {
            None => return Ok(Ending::Reported(ErrorKind::Cancelled)),
            Some(Ok(checked)) => Some(checked),
            Some(Err(error)) => {
                let mut outcome = Outcome::new(&options, None, Instant::now());
                outcome.broken(error.for_input(&options.label));
                return Ok(end(session, &outcome));
            }
        },
    };
    let Some(target) = target else {
        if let Some(checked) = &checked {
            session.reporter.report(JOB, &Note::IngestPlan(&plan(&options, checked)));
        }
        return Ok(Ending::Done);
    };
    let platform =
        target.connect(&session.settings, &session.global, Load::light(options.concurrency)).await?;
    let outcome = send(session, &options, &platform, checked.as_ref(), &cancel).await;
    platform.close().await;
    Ok(end(session, &outcome?))
}

fn end(session: &Session, outcome: &Outcome<'_>) -> Ending {
    session.reporter.report(JOB, &Note::Ingested(&outcome.result()));
    outcome.verdict().map_or(Ending::Done, Ending::Reported)
}

/// Reads the input through without sending anything; `None` when it was cancelled.
async fn look(
    session: &Session,
    options: &IngestOptions,
    cancel: &CancellationToken,
) -> Result<Option<Result<Checked, InputError>>, CliError> {
    let (file, progress) = (open(options)?, Progress::default());
    let (counted, what) = (progress.clone(), format!("checking {}", options.label));
    let (owned, token) = (options.clone(), cancel.clone());
    let mut checking = tokio::task::spawn_blocking(move || check(&owned, file, &counted, &token));
    let mut ticks = tokio::time::interval(super::TICK);
    ticks.tick().await;
    let checked = loop {
        tokio::select! {
            checked = &mut checking => break checked,
            () = cancel.cancelled(), if options.origin == Origin::Stdin => {
                // A read of standard input may never return: it is left behind.
                session.reporter.reading(&what, None);
                return Ok(None);
            }
            _ = ticks.tick() => session.reporter.reading(&what, Some(progress.sent())),
        }
    };
    session.reporter.reading(&what, None);
    let checked = checked
        .map_err(|error| CliError::new(ErrorKind::Unexpected, format!("{}: {error}", options.label)))?;
    Ok((!cancel.is_cancelled()).then_some(checked))
}

fn open(options: &IngestOptions) -> Result<File, CliError> {
    match &options.origin {
        Origin::Stdin => {
            super::put::stdin_file().map_err(|error| CliError::io("reading", Path::new("-"), &error))
        }
        // What is no file, and why, is said in one place.
        Origin::Path(path) => {
            upload_http::FileSource::open(path)?;
            File::open(path).map_err(|error| CliError::io("opening", path, &error).hint("check the file"))
        }
    }
}

fn plan<'a>(options: &'a IngestOptions, checked: &'a Checked) -> IngestPlan<'a> {
    IngestPlan {
        file: &options.label,
        kind: options.input.kind.name(),
        rows: checked.rows,
        batches: checked.batches,
        columns: checked.columns.iter().map(|(name, kind)| (name.as_str(), kind.name())).collect(),
        first: checked.first.as_deref(),
    }
}

async fn send<'a>(
    session: &Session,
    options: &'a IngestOptions,
    platform: &Platform,
    checked: Option<&Checked>,
    cancel: &CancellationToken,
) -> Result<Outcome<'a>, CliError> {
    let (file, progress) = (open(options)?, Progress::default());
    let started = Started {
        file: &options.label,
        name: &options.label,
        pattern: "ingest",
        upload_type: Some(options.input.kind.name()),
        bytes: file.metadata().map_or(0, |metadata| metadata.len()),
        parts: checked.map_or(0, |checked| u32::try_from(checked.batches).unwrap_or(u32::MAX)),
        part_size: None,
        progress: progress.clone(),
    };
    session.reporter.report(JOB, &Note::Started(started));
    // Batches are sent while the next is read: no more is held.
    let (batches, mut next) = mpsc::channel(1);
    let (owned, counted) = (options.clone(), progress);
    tokio::task::spawn_blocking(move || feed(&owned, file, &counted, &batches));
    let delivery = Delivery { api: &platform.api, options, reporter: &*session.reporter };
    let mut outcome = Outcome::new(options, checked.map(|checked| checked.rows), Instant::now());
    let mut ticks = tokio::time::interval(super::TICK);
    // In the order of the input, whichever ends first: what is settled has no gaps.
    let mut under_way = FuturesOrdered::new();
    let (mut goes_on, mut last) = (true, None);
    while goes_on || !under_way.is_empty() {
        tokio::select! {
            Some((batch, delivered)) = under_way.next(), if !under_way.is_empty() => {
                goes_on &= outcome.take(batch, delivered, &*session.reporter);
            }
            () = cancel.cancelled(), if goes_on => goes_on = false,
            fed = next.recv(), if goes_on && under_way.len() < options.concurrency => match fed {
                Some(Feed::Batch(batch, body)) => {
                    let delivery = &delivery;
                    under_way.push_back(async move {
                        let delivered = delivery.send(&batch, body, cancel).await;
                        (batch, delivered)
                    });
                }
                end => (goes_on, last) = (false, end),
            },
            _ = ticks.tick() => session.reporter.tick(),
        }
    }
    match last {
        Some(Feed::Failed(error)) => outcome.broken(error.for_input(&options.label)),
        Some(Feed::Ended { rows }) => outcome.read(rows),
        Some(Feed::Batch(..)) | None => {}
    }
    if cancel.is_cancelled() && !outcome.is_complete() {
        outcome.cancel();
    }
    Ok(outcome)
}
