use std::{future::Future, time::Instant};

use upload_core::{Driver, Event, Progress, Source, Step, Transport};
use upload_http::TokioClock;

use super::{
    job::Job,
    result::file_result,
    throttle::{Throttle, Throttled},
};
use crate::output::{FileResult, JobId, Note, Reporter};

/// One file on its way.
pub(super) struct Transfer<'a> {
    pub(super) reporter: &'a dyn Reporter,
    pub(super) transport: &'a dyn Transport,
    pub(super) throttle: Option<&'a Throttle>,
    pub(super) id: JobId,
}

impl Transfer<'_> {
    /// Drives the upload to its end; when `cancel` resolves, to an abort.
    pub(super) async fn run(&self, mut job: Job, cancel: impl Future<Output = ()>) -> FileResult {
        let progress = Progress::default();
        self.reporter.report(self.id, &Note::Started(job.started(progress.clone())));
        let source: Box<dyn Source> = match self.throttle {
            Some(throttle) => Box::new(Throttled::new(job.source.clone(), throttle.clone())),
            None => Box::new(job.source.clone()),
        };
        let driver =
            Driver { transport: self.transport, source: &*source, clock: &TokioClock, progress: &progress };
        let (label, mut parts) = (job.label.clone(), job.parts());
        let began = Instant::now();
        let observe = |event: &Event| {
            if let Event::Replanned { adopted, .. } = event {
                parts = adopted.part_count();
            }
            self.observe(&label, event);
        };
        let ended = driver.run(&mut *job.machine, observe, cancel).await;
        file_result(&job, parts, ended, began.elapsed())
    }

    fn observe(&self, file: &str, event: &Event) {
        log(file, event);
        let note = match event {
            Event::Replanned { adopted, .. } => {
                Note::Replanned { file, part_size: adopted.part_size(), parts: adopted.part_count() }
            }
            Event::PartStored { part, bytes, attempt, etag } => Note::Part {
                file,
                part_number: part.get(),
                bytes: *bytes,
                attempt: *attempt,
                etag: etag.as_str(),
            },
            Event::Retrying { step, attempt, wait, reason } => Note::Retry {
                file,
                part_number: match step {
                    Step::Part { part, .. } => Some(part.get()),
                    _ => None,
                },
                step: step.to_string(),
                reason,
                attempt: *attempt,
                wait_seconds: wait.as_secs_f64(),
            },
            Event::Completing => Note::Completing { file },
            Event::Aborting => Note::Aborting { file },
            Event::Warning(message) => Note::Warning { file, message },
            _ => return,
        };
        self.reporter.report(self.id, &note);
    }
}

fn log(file: &str, event: &Event) {
    match event {
        // Its list of URLs is long.
        Event::Opened(checkpoint) => {
            let (upload_id, object_key) = (&checkpoint.upload_id, &checkpoint.object_key);
            let parts = checkpoint.plan.part_count();
            tracing::info!(target: "upload_cli", file, %upload_id, %object_key, parts, "the upload is open on the platform");
        }
        event => tracing::info!(target: "upload_cli", file, ?event),
    }
}
