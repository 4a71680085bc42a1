//! `upload media`, `excel` and `events`: a file in one request each. Every file is checked before the first byte is sent.

mod check;
mod errand;
mod result;
mod transfer;

use std::time::Instant;

use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use upload_core::{Delivery, Progress};

use self::{
    check::{Cargo, check},
    errand::Errand,
    transfer::Transfer,
};
use super::{Ending, Session, tally::Tally};
use crate::{
    args::{EventsArgs, ExcelArgs, MediaArgs, WorkbookArgs},
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Scope, Status, Summary},
    platform::{Platform, Target},
    signals,
};

/// How many files are under way at once.
const FILES_AT_ONCE: usize = 4;
const ON_SIGNAL: &str = "cancelling what is under way (once more to leave at once)";

/// What is to be done with some files.
pub(super) struct Order {
    errand: Errand,
    paths: Vec<std::path::PathBuf>,
    preflight: bool,
    delivery: Delivery,
    dry_run: bool,
}

impl Order {
    pub(super) fn media(args: MediaArgs) -> Self {
        let MediaArgs { paths, dry_run } = args;
        // The same picture twice does no harm.
        Self { errand: Errand::Media, paths, preflight: true, delivery: Delivery::AtLeastOnce, dry_run }
    }

    pub(super) fn excel(args: ExcelArgs) -> Self {
        Self::workbook(Errand::Sales { eid: args.eid }, args.path, args.workbook)
    }

    pub(super) fn events(args: EventsArgs) -> Self {
        Self::workbook(Errand::Events { event_type: args.event_type }, args.path, args.workbook)
    }

    fn workbook(errand: Errand, path: std::path::PathBuf, args: WorkbookArgs) -> Self {
        let delivery = if args.at_least_once { Delivery::AtLeastOnce } else { Delivery::AtMostOnce };
        Self { errand, paths: vec![path], preflight: !args.no_preflight, delivery, dry_run: args.dry_run }
    }
}

pub(super) async fn run(session: &Session, order: Order) -> Result<Ending, CliError> {
    let target = match order.dry_run {
        true => None,
        false => Some(Target::resolve(&session.settings, &session.global)?),
    };
    let cancel = signals::watch(&session.screen, ON_SIGNAL)?;
    let (cargo, tally) = check(&order, &*session.reporter, &cancel).await;
    if let Some(kind) = tally.verdict() {
        session.reporter.say("nothing was sent");
        return Ok(Ending::Reported(kind));
    }
    let Some(target) = target else {
        for (id, cargo) in &cargo {
            session.reporter.report(*id, &Note::Planned(cargo.started(Progress::default())));
        }
        return Ok(Ending::Done);
    };
    let platform = target.connect(&session.settings, &session.global, FILES_AT_ONCE).await?;
    let (tally, summary) = send(session, &order, &platform, cargo, &cancel).await;
    session.reporter.end(&summary);
    platform.close().await;
    Ok(tally.verdict().map_or(Ending::Done, Ending::Reported))
}

async fn send(
    session: &Session,
    order: &Order,
    platform: &Platform,
    cargo: Vec<(JobId, Cargo)>,
    cancel: &CancellationToken,
) -> (Tally, Summary) {
    let began = Instant::now();
    let bytes = cargo.iter().map(|(_, cargo)| cargo.bytes()).sum();
    session.reporter.begin(Scope { files: cargo.len() as u64, bytes });
    let transfer = Transfer { api: &platform.api, order, reporter: &*session.reporter };
    let one = async |(id, cargo): (JobId, Cargo)| {
        let result = match cancel.is_cancelled() {
            true => FileResult::bare(&cargo.label, Status::Skipped, None),
            false => transfer.run(id, &cargo, cancel.cancelled()).await,
        };
        session.reporter.report(id, &Note::Result(&result));
        result
    };
    let mut results = std::pin::pin!(stream::iter(cargo).map(one).buffer_unordered(FILES_AT_ONCE));
    let (mut tally, mut summary) = (Tally::default(), Summary::default());
    let mut ticks = tokio::time::interval(super::TICK);
    loop {
        let result = tokio::select! {
            result = results.next() => result,
            _ = ticks.tick() => { session.reporter.tick(); continue }
        };
        let Some(result) = result else { break };
        summary.count(&result);
        match &result.error {
            None if result.status == Status::Completed => tally.completed(),
            None => tally.failed(ErrorKind::Cancelled),
            Some(error) => tally.failed(error.kind),
        }
    }
    (tally, Summary { seconds: began.elapsed().as_secs_f64(), ..summary })
}
