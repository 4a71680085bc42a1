use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use upload_core::{LimitedTransport, Transport, TransportErrorKind, VerifyingTransport};
use upload_http::TokioClock;

use super::{
    candidate::Candidate, job::Workshop, keeper::Desk, options::PutOptions, selection::Selection,
    throttle::Throttle, transfer::Transfer,
};
use crate::{
    commands::{TICK, tally::Tally},
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Status, Summary},
    platform::Platform,
};

/// How many files are under way at once; their parts share one allowance.
const FILES_AT_ONCE: usize = 4;

/// The files of one command on their way.
pub(super) struct Batch<'a> {
    reporter: &'a dyn Reporter,
    platform: &'a Platform,
    verifying: Option<&'a VerifyingTransport<'a>>,
    transport: LimitedTransport<'a>,
    throttle: Option<Throttle>,
    desk: &'a Desk<'a>,
    resume: bool,
    cancel: CancellationToken,
    /// What stopped one file would stop every other: no further one is begun.
    hopeless: AtomicBool,
    count: Mutex<(Tally, Summary)>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        reporter: &'a dyn Reporter,
        platform: &'a Platform,
        verifying: Option<&'a VerifyingTransport<'a>>,
        desk: &'a Desk<'a>,
        options: &PutOptions,
        cancel: CancellationToken,
    ) -> Self {
        let transport: &dyn Transport = match verifying {
            Some(verifying) => verifying,
            None => &platform.transport,
        };
        Self {
            reporter,
            platform,
            verifying,
            transport: LimitedTransport::new(transport, &TokioClock, options.concurrency),
            throttle: options.limit_rate.map(Throttle::new),
            desk,
            resume: options.resume,
            cancel,
            hopeless: AtomicBool::new(false),
            count: Mutex::default(),
        }
    }

    /// Sends every file, some at once, and answers how they ended.
    pub(super) async fn run(&self, workshop: &Workshop<'_>, selection: &Selection) -> (Tally, Summary) {
        let began = Instant::now();
        let files = stream::iter((0..).map(JobId).zip(selection.candidates()))
            .map(|(id, candidate)| self.one(id, candidate, workshop))
            .buffer_unordered(FILES_AT_ONCE)
            .for_each(|()| std::future::ready(()));
        let mut files = std::pin::pin!(files);
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                () = &mut files => break,
                _ = ticks.tick() => self.reporter.tick(),
            }
        }
        let (tally, summary) = *self.count.lock().unwrap_or_else(PoisonError::into_inner);
        (tally, Summary { seconds: began.elapsed().as_secs_f64(), ..summary })
    }

    async fn one(&self, id: JobId, candidate: Result<Candidate, CliError>, workshop: &Workshop<'_>) {
        let candidate = match candidate {
            Ok(candidate) => candidate,
            Err(error) => {
                self.reporter.fail(&error);
                return self.counted(|tally, summary| {
                    tally.failed(error.kind);
                    summary.failed += 1;
                });
            }
        };
        let label = candidate.label();
        if self.cancel.is_cancelled() || self.hopeless.load(Relaxed) {
            let kind = self.cancel.is_cancelled().then_some(ErrorKind::Cancelled);
            let result = FileResult::bare(&label, Status::Skipped, None);
            return self.finish(id, &result, kind);
        }
        match workshop.prepare(&candidate) {
            // It passed the check; something has happened to it since.
            Err(error) => {
                let result = FileResult::bare(&label, Status::Failed, Some(&error));
                self.finish(id, &result, Some(error.kind));
            }
            Ok(job) => {
                let transfer = Transfer {
                    reporter: self.reporter,
                    transport: &self.transport,
                    throttle: self.throttle.as_ref(),
                    desk: self.desk,
                    resume: self.resume,
                    cancel: &self.cancel,
                    id,
                };
                let mut result = transfer.run(job).await;
                if let Some(message) = self.verifying.and_then(VerifyingTransport::warning) {
                    self.reporter.report(id, &Note::Warning { file: &label, message: &message });
                }
                result.sandbox_file =
                    result.object_key.as_deref().and_then(|key| self.platform.object_file(key));
                let kind = result.error.as_ref().map(|error| error.kind);
                if matches!(
                    kind,
                    Some(ErrorKind::Transport(
                        TransportErrorKind::Unauthorized | TransportErrorKind::Forbidden
                    ))
                ) {
                    self.hopeless.store(true, Relaxed);
                }
                self.finish(id, &result, kind);
            }
        }
    }

    fn finish(&self, id: JobId, result: &FileResult, kind: Option<ErrorKind>) {
        self.reporter.report(id, &Note::Result(result));
        self.counted(|tally, summary| {
            summary.count(result);
            match (result.status, kind) {
                (Status::Completed, _) => tally.completed(),
                (_, Some(kind)) => tally.failed(kind),
                // Skipped because of another file, whose reason is counted there.
                (_, None) => {}
            }
        });
    }

    fn counted(&self, count: impl FnOnce(&mut Tally, &mut Summary)) {
        let mut guard = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let (tally, summary) = &mut *guard;
        count(tally, summary);
    }
}
