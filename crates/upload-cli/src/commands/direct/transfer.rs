use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Instant,
};

use tokio_util::sync::CancellationToken;
use upload_core::{Attempts, Progress, RetryPolicy, Retrying, Source, Step};
use upload_http::{FileSource, FormFile, TokioClock};

use super::{Order, check::Cargo, result};
use crate::{
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Status},
    platform::Platform,
};

/// Files on their way.
pub(super) struct Transfer<'a> {
    pub(super) platform: &'a Platform,
    pub(super) order: &'a Order,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) cancel: &'a CancellationToken,
}

impl Transfer<'_> {
    /// Sends a file, patiently, to its end.
    pub(super) async fn run(&self, id: JobId, cargo: Cargo) -> FileResult {
        let Order { errand, delivery, .. } = self.order;
        let source = match FileSource::open(&cargo.path) {
            Ok(source) if source.len() == cargo.bytes => source,
            // It passed the check; something has happened to it since.
            Ok(_) => return lost(&cargo, &changed(&cargo)),
            Err(error) => return lost(&cargo, &error.into()),
        };
        let (progress, sent, began) = (Progress::default(), AtomicU32::new(0), Instant::now());
        self.reporter.report(id, &Note::Started(cargo.started(progress.clone())));
        let file = FormFile {
            filename: &cargo.name,
            content_type: &cargo.content_type,
            source: &source,
            progress: &progress,
        };
        let attempts = Attempts {
            clock: &TokioClock,
            policy: RetryPolicy::default(),
            delivery: *delivery,
            step: Step::Direct,
            seed: fastrand::u64(..),
        };
        let observe = |retrying: &Retrying<'_>| {
            self.reporter.report(id, &Note::retry(&cargo.label, Step::Direct, retrying));
        };
        let send = |attempt| {
            sent.store(attempt, Relaxed);
            errand.send(&self.platform.api, attempt, &file)
        };
        let ended = tokio::select! {
            ended = attempts.run(observe, send) => Some(ended),
            () = self.cancel.cancelled() => None,
        };
        let mut result = match ended {
            Some(Ok((answer, _))) => result::answered(errand, &cargo.label, answer),
            Some(Err(failure)) => result::failed(&cargo.label, &failure, *delivery),
            // A try that failed has taken its bytes out again: what is counted is under way.
            None => result::cancelled(&cargo.label, progress.sent() >= cargo.bytes, *delivery),
        };
        let tries = sent.load(Relaxed);
        result.pattern = Some("direct");
        result.bytes = Some(cargo.bytes);
        result.seconds = Some((began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
        result.attempts = Some(tries);
        result.retries = Some(tries.saturating_sub(1));
        if result.status == Status::Completed {
            result.sandbox_file = self.platform.received_file(&cargo.name);
        }
        result
    }
}

fn lost(cargo: &Cargo, error: &CliError) -> FileResult {
    FileResult::bare(&cargo.label, Status::Failed, Some(error))
}

fn changed(cargo: &Cargo) -> CliError {
    let message = format!("{}: the file has changed since it was checked", cargo.label);
    CliError::new(ErrorKind::LocalFile, message).hint("run again once nothing writes to it")
}
