//! `upload media`, `excel` and `events`: a file in one request each. Every file is checked before the first byte is sent.

mod check;
mod errand;
mod result;
mod transfer;

use upload_core::{Delivery, Progress};

use self::{
    check::{Cargo, check},
    errand::Errand,
    transfer::Transfer,
};
use super::{Ending, Session, batch::Batch};
use crate::{
    args::{EventsArgs, ExcelArgs, MediaArgs, WorkbookArgs},
    error::CliError,
    output::{JobId, Note, Scope},
    platform::{Load, Target},
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
    if let Some(target) = target.as_ref().filter(|_| order.errand.is_on_cr()) {
        target.require_cr()?;
    }
    let cancel = signals::watch(&session.screen, ON_SIGNAL)?;
    let reporter = &*session.reporter;
    let (cargo, tally) = check(&order, reporter, &cancel).await;
    if let Some(kind) = tally.verdict() {
        reporter.say("nothing was sent");
        return Ok(Ending::Reported(kind));
    }
    let Some(target) = target else {
        for (id, cargo) in (0..).map(JobId).zip(&cargo) {
            reporter.report(id, &Note::Planned(cargo.started(Progress::default())));
        }
        return Ok(Ending::Done);
    };
    let platform = target.connect(&session.settings, &session.global, Load::light(FILES_AT_ONCE)).await?;
    reporter.begin(Scope { files: cargo.len() as u64, bytes: cargo.iter().map(|cargo| cargo.bytes).sum() });
    let transfer = Transfer { platform: &platform, order: &order, reporter, cancel: &cancel };
    let send = |id, cargo| transfer.run(id, cargo);
    let batch = Batch::new(reporter, &cancel);
    let label = |cargo: &Cargo| cargo.label.clone();
    let (tally, summary) = batch.run(FILES_AT_ONCE, cargo.into_iter().map(Ok), label, send).await;
    reporter.end(&summary);
    platform.close().await;
    Ok(tally.verdict().map_or(Ending::Done, Ending::Reported))
}
