//! `upload put`: files into the platform's storage. Every file is checked before the first byte is sent.

mod candidate;
mod check;
mod job;
mod keeper;
mod manifest;
mod options;
mod outlook;
mod preflight;
mod receipt;
mod result;
mod resume;
mod selection;
mod sender;
mod spool;
mod throttle;
mod transfer;
mod unfinished;

#[cfg(any(test, fuzzing))]
pub(crate) use self::manifest::line_holds as manifest_line_holds;
use tokio_util::sync::CancellationToken;
use upload_core::{Progress, VerifyingTransport};
use upload_http::Md5Lanes;

use self::{
    candidate::Candidate, check::check, job::Workshop, keeper::Desk, options::PutOptions,
    preflight::Preflight, receipt::Receipts, selection::Selection, sender::Sender, spool::spool_stdin,
};
pub(super) use self::{resume::abort, spool::stdin_file, unfinished::resume};
use super::{Ending, Session, batch::Batch, tally::Tally};
use crate::{
    args::{PutArgs, Verify},
    error::CliError,
    output::{JobId, Note, Scope},
    platform::{Load, Platform, Target},
    signals,
};

/// How many files are under way at once; their parts share one allowance. So many fill the vectors that hash them, and the waits of
/// their API calls overlap; more would only leave more uploads open at a time.
const FILES_AT_ONCE: usize = 8;
const ON_SIGNAL: &str = "cancelling: aborting on the platform what is under way (once more to leave at once; the same command then goes on)";

pub(super) async fn run(session: &Session, args: PutArgs) -> Result<Ending, CliError> {
    let options = PutOptions::resolve(&session.settings, &args)?;
    let target = match args.dry_run {
        true => None,
        false => Some(Target::resolve(&session.settings, &session.global)?),
    };
    let selection = Selection::open(&args, &session.settings.folders)?;
    let cancel = signals::watch(&session.screen, ON_SIGNAL)?;
    let mut workshop = Workshop::new(&options);

    // What can be seen at a glance comes before standard input, which may take its time.
    let mut checked = check(&workshop, &selection, &*session.reporter);
    if checked.tally.is_spotless() && selection.has_stdin() {
        let spooled = spool_stdin(&session.settings.folders, &*session.reporter, &cancel).await?;
        let Some(stdin) = spooled else { return Ok(Ending::Reported(crate::ErrorKind::Cancelled)) };
        workshop.set_stdin(stdin);
        checked = check(&workshop, &selection, &*session.reporter);
    }
    if checked.tally.is_spotless() && options.preflight {
        let preflight = Preflight { workshop: &workshop, expected: &options.expect_columns, cancel: &cancel };
        checked.tally = preflight.run(&selection, &*session.reporter).await?;
    }
    if let Some(kind) = checked.tally.verdict() {
        session.reporter.say("nothing was sent");
        return Ok(Ending::Reported(kind));
    }
    let Some(target) = target else {
        return plan(session, &workshop, &selection);
    };

    let connections = options.concurrency.most().get();
    let load = Load { connections, bytes: Some(checked.scope.bytes), files: checked.scope.files };
    let platform = target.connect(&session.settings, &session.global, load).await?;
    Ok(deliver(session, platform, &options, (&workshop, &selection), checked.scope, cancel).await)
}

/// Sends what has been checked.
async fn deliver(
    session: &Session,
    platform: Platform,
    options: &PutOptions,
    (workshop, selection): (&Workshop<'_>, &Selection),
    scope: Scope,
    cancel: CancellationToken,
) -> Ending {
    let receipts = options.receipt.as_ref().map(|path| Receipts::open(path, options.verify == Verify::Etag));
    let receipts = match receipts.transpose() {
        Ok(receipts) => receipts,
        Err(error) => {
            session.reporter.fail(&error);
            platform.close().await;
            return Ending::Reported(error.kind);
        }
    };
    session.reporter.begin(scope);
    let lanes = Md5Lanes::new();
    let verifying = match options.verify {
        Verify::None => None,
        Verify::Etag => Some(VerifyingTransport::new(&platform.transport, &lanes)),
    };
    let (desk, reporter) = (Desk::open(session, &platform), &*session.reporter);
    let sender = Sender::new(&platform, workshop, verifying.as_ref(), &desk, options, &cancel, receipts);
    let (batch, send) = (Batch::new(reporter, &cancel), |id, candidate| sender.send(id, candidate));
    let (tally, summary) = batch.run(FILES_AT_ONCE, selection.candidates(), Candidate::label, send).await;
    reporter.end(&summary);
    platform.close().await;
    tally.verdict().map_or(Ending::Done, Ending::Reported)
}

/// Says what would be done.
fn plan(session: &Session, workshop: &Workshop<'_>, selection: &Selection) -> Result<Ending, CliError> {
    let mut tally = Tally::default();
    for (id, candidate) in (0..).map(JobId).zip(selection.candidates()) {
        match candidate.and_then(|candidate| workshop.prepare(&candidate, None)) {
            Ok(job) => {
                let planned = job.started(Progress::default());
                session.reporter.report(id, &Note::Planned(planned));
            }
            // It was there a moment ago.
            Err(error) => {
                session.reporter.fail(&error);
                tally.failed(error.kind);
            }
        }
    }
    Ok(tally.verdict().map_or(Ending::Done, Ending::Reported))
}
