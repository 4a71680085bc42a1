use std::{
    future::Future,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use upload_core::TransportErrorKind;

use super::{TICK, tally::Tally};
use crate::{
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Status, Summary},
};

/// The files of one command on their way, some at once: reports how each ends, and counts.
pub(super) struct Batch<'a> {
    reporter: &'a dyn Reporter,
    cancel: &'a CancellationToken,
    /// What stopped one file would stop every other: no further one is begun.
    hopeless: AtomicBool,
    count: Mutex<(Tally, Summary)>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter, cancel: &'a CancellationToken) -> Self {
        Self { reporter, cancel, hopeless: AtomicBool::new(false), count: Mutex::default() }
    }

    /// Has every file sent to its end by `send`, so many at once, and answers how they ended. `label` is what people
    /// call one.
    pub(super) async fn run<C, F: Future<Output = FileResult>>(
        &self,
        at_once: usize,
        candidates: impl Iterator<Item = Result<C, CliError>>,
        label: impl Fn(&C) -> String,
        send: impl Fn(JobId, C) -> F,
    ) -> (Tally, Summary) {
        let began = Instant::now();
        let (label, send) = (&label, &send);
        let files = stream::iter((0..).map(JobId).zip(candidates))
            .map(|(id, candidate)| async move {
                match candidate {
                    Ok(candidate) if self.goes_on() => self.finish(id, &send(id, candidate).await),
                    Ok(candidate) => {
                        self.finish(id, &FileResult::bare(&label(&candidate), Status::Skipped, None));
                    }
                    Err(error) => self.lose(&error),
                }
            })
            .buffer_unordered(at_once)
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

    fn goes_on(&self) -> bool {
        !self.cancel.is_cancelled() && !self.hopeless.load(Relaxed)
    }

    /// Counts one that could not even be named.
    fn lose(&self, error: &CliError) {
        self.reporter.fail(error);
        self.counted(|tally, summary| {
            tally.failed(error.kind);
            summary.failed += 1;
        });
    }

    fn finish(&self, id: JobId, result: &FileResult) {
        use TransportErrorKind::{Forbidden, Unauthorized};
        self.reporter.report(id, &Note::Result(result));
        let kind = result.error.as_ref().map(|error| error.kind);
        if matches!(kind, Some(ErrorKind::Transport(Unauthorized | Forbidden))) {
            self.hopeless.store(true, Relaxed);
        }
        self.counted(|tally, summary| {
            summary.count(result);
            match (result.status, kind) {
                (Status::Completed, _) => tally.completed(),
                (_, Some(kind)) => tally.failed(kind),
                (_, None) if self.cancel.is_cancelled() => tally.failed(ErrorKind::Cancelled),
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
