//! `upload download`: a package's customer list, from the platform into a file.

mod destination;
mod fetch;
mod partial;
mod placing;
mod result;
mod sidecar;
mod sink;
mod stdout;
mod waiting;

use std::pin::pin;

use upload_core::{Attempts, Delivery, Progress, RetryPolicy, Step};
use upload_http::{ApiClient, TokioClock};
use upload_proto::PackageStatus;

use self::{
    destination::{Destination, Opened},
    fetch::{Counts, Fetch},
    waiting::{INTERVAL, Patience},
};
use super::{Ending, Session, TICK};
use crate::{
    args::DownloadArgs,
    error::{CliError, ErrorKind},
    output::{JobId, Note, Reporter, Scope},
    platform::{Load, Target},
    signals,
};

const ON_SIGNAL: &str = "cancelling: what has arrived is kept (once more to leave at once)";
/// There is one download to a command.
const JOB: JobId = JobId(0);

pub(super) async fn run(session: &Session, args: DownloadArgs) -> Result<Ending, CliError> {
    let destination = Destination::choose(&args, session.format)?;
    let target = Target::resolve(&session.settings, &session.global)?;
    let cancel = signals::watch(&session.screen, ON_SIGNAL)?;
    let platform = target.connect(&session.settings, &session.global, Load::light(1)).await?;
    let reporter = &*session.reporter;
    reporter.begin(Scope { files: 1, bytes: 0 });

    let job = Job {
        api: &platform.api,
        reporter,
        package: &args.package,
        destination: &destination,
        patience: Patience { no_wait: args.no_wait, limit: args.wait_limit },
        progress: Progress::default(),
    };
    let mut state = State::default();
    let began = tokio::time::Instant::now();
    let ended = {
        let mut work = pin!(job.work(&mut state));
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                ended = &mut work => break ended,
                () = cancel.cancelled() => break Err(CliError::new(ErrorKind::Cancelled, "cancelled")),
                _ = ticks.tick() => reporter.tick(),
            }
        }
    };
    let ending = result::settle(&job, state, ended, began.elapsed());
    reporter.end(&ending.summary);
    platform.close().await;
    Ok(ending.kind.map_or(Ending::Done, Ending::Reported))
}

/// What is to be done.
struct Job<'a> {
    api: &'a ApiClient,
    reporter: &'a dyn Reporter,
    package: &'a str,
    destination: &'a Destination,
    patience: Patience,
    progress: Progress,
}

/// How far it has come; outlives the work when that is cancelled.
#[derive(Default)]
struct State {
    status: Option<PackageStatus>,
    counts: Counts,
    opened: Option<Opened>,
}

impl Job<'_> {
    async fn work(&self, state: &mut State) -> Result<(), CliError> {
        self.wait(&mut state.status).await?;
        let opened = state.opened.insert(self.destination.open(self.package)?);
        let fetch = Fetch {
            api: self.api,
            reporter: self.reporter,
            package: self.package,
            label: &self.destination.label(),
            progress: &self.progress,
            policy: RetryPolicy::default(),
        };
        fetch.run(opened.sink(), &mut state.counts).await
    }

    async fn wait(&self, seen: &mut Option<PackageStatus>) -> Result<(), CliError> {
        // A retry asks as well: it must not come faster than the platform wants to be asked, jitter included.
        let policy = RetryPolicy { base: INTERVAL * 2, ..RetryPolicy::default() };
        let attempts = Attempts {
            clock: &TokioClock,
            policy,
            delivery: Delivery::AtLeastOnce,
            step: Step::Package,
            seed: fastrand::u64(..),
        };
        let look = async || {
            let asked = attempts.run(
                |retrying| self.reporter.report(JOB, &Note::retry(self.package, Step::Package, retrying)),
                |attempt| self.api.package(attempt, self.package),
            );
            asked.await.map(|(package, _)| package.status).map_err(|failure| CliError::from(&failure))
        };
        waiting::until_done(self.package, self.patience, look, |status, is_news| {
            if status.is_under_way() && !self.patience.no_wait {
                self.reporter.report(
                    JOB,
                    &Note::Waiting {
                        file: self.package,
                        package_status: status.as_str(),
                        wait_seconds: INTERVAL.as_secs_f64(),
                        is_news,
                    },
                );
            }
            *seen = Some(status.clone());
        })
        .await
    }
}
