use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Instant,
};

use upload_core::{Attempts, Delivery, Progress, RetryPolicy, Retrying, Step};
use upload_http::{ApiClient, FormFile, TokioClock};

use super::{Order, check::Cargo, result};
use crate::{
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Status},
};

/// Files on their way.
pub(super) struct Transfer<'a> {
    pub(super) api: &'a ApiClient,
    pub(super) order: &'a Order,
    pub(super) reporter: &'a dyn Reporter,
}

impl Transfer<'_> {
    /// Sends a file, patiently, until `cancel` resolves.
    pub(super) async fn run(&self, id: JobId, cargo: &Cargo, cancel: impl Future<Output = ()>) -> FileResult {
        let Order { errand, delivery, .. } = self.order;
        let (progress, sent, began) = (Progress::default(), AtomicU32::new(0), Instant::now());
        self.reporter.report(id, &Note::Started(cargo.started(progress.clone())));
        let file = FormFile {
            filename: &cargo.name,
            content_type: &cargo.content_type,
            source: &cargo.source,
            progress: &progress,
        };
        let attempts = Attempts {
            clock: &TokioClock,
            policy: RetryPolicy::default(),
            delivery: *delivery,
            step: Step::Direct,
            seed: fastrand::u64(..),
        };
        let observe = |retrying: &Retrying<'_>| self.retrying(id, cargo, retrying);
        let send = |attempt| {
            sent.store(attempt, Relaxed);
            errand.send(self.api, attempt, &file)
        };
        let ended = tokio::select! {
            ended = attempts.run(observe, send) => Some(ended),
            () = cancel => None,
        };
        let tries = sent.load(Relaxed);
        let mut result = match ended {
            Some(Ok((answer, _))) => result::answered(errand, &cargo.label, answer),
            Some(Err(failure)) => result::failed(&cargo.label, &failure, *delivery),
            None => {
                let mut error = CliError::new(ErrorKind::Cancelled, "cancelled");
                if tries > 0 && *delivery == Delivery::AtMostOnce {
                    error.message.push_str("; whether the platform has taken it is unknown");
                    error.hint = Some("look there before you send it again".into());
                }
                FileResult::bare(&cargo.label, Status::Aborted, Some(&error))
            }
        };
        result.pattern = Some("direct");
        result.bytes = Some(cargo.bytes());
        result.seconds = Some((began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
        result.attempts = Some(tries);
        result.retries = Some(tries.saturating_sub(1));
        result
    }

    fn retrying(&self, id: JobId, cargo: &Cargo, retrying: &Retrying<'_>) {
        let Retrying { attempt, wait, error } = retrying;
        let reason = error.to_string();
        self.reporter.report(
            id,
            &Note::Retry {
                file: &cargo.label,
                part_number: None,
                step: Step::Direct.to_string(),
                reason: &reason,
                attempt: *attempt,
                wait_seconds: wait.as_secs_f64(),
            },
        );
    }
}
