use std::time::{Instant, SystemTime};

use tokio_util::sync::CancellationToken;
use upload_core::{
    Checkpoint, Concurrency, Driver, Ended, Event, Outcome, Progress, Remains, Source, Step, Totals,
    Transport, VerifyingTransport,
};
use upload_http::TokioClock;
use upload_proto::AbortRequest;

use super::{
    job::Job,
    keeper::{Desk, Keeper},
    outlook::Outlook,
    receipt::{self, Digest, Receipts, StoredParts},
    result::file_result,
    resume::Resumer,
    throttle::{Throttle, Throttled},
};
use crate::{
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Status},
};

/// One file on its way.
pub(super) struct Transfer<'a> {
    pub(super) reporter: &'a dyn Reporter,
    pub(super) transport: &'a dyn Transport,
    pub(super) throttle: Option<&'a Throttle>,
    pub(super) desk: &'a Desk<'a>,
    pub(super) resume: bool,
    pub(super) concurrency: Concurrency,
    pub(super) cancel: &'a CancellationToken,
    pub(super) receipts: Option<&'a Receipts>,
    pub(super) verifying: Option<&'a VerifyingTransport<'a>>,
    pub(super) id: JobId,
}

/// What goes through all the uploads that one file may need.
struct Run<'a> {
    job: &'a Job,
    parts: u32,
    progress: Progress,
    totals: Totals,
    stored: StoredParts,
}

/// How much of an upload is stored.
#[derive(Clone, Copy, Default)]
struct Stored {
    parts: u32,
    bytes: u64,
}

fn stored(checkpoint: &Checkpoint) -> Stored {
    let parts = checkpoint.plan.part_numbers().zip(&checkpoint.etags).filter(|(_, etag)| etag.is_some());
    parts.fold(Stored::default(), |sum, (part, _)| Stored {
        parts: sum.parts + 1,
        bytes: sum.bytes + checkpoint.plan.range(part).len,
    })
}

impl Transfer<'_> {
    /// Drives the upload to its end; when it is cancelled, to an abort. What another process has begun is gone on with, and
    /// what the platform has forgotten is begun anew, once.
    pub(super) async fn run(&self, job: Job) -> FileResult {
        let refused = |error: &CliError| {
            let status = if error.kind == ErrorKind::Cancelled { Status::Aborted } else { Status::Failed };
            FileResult::bare(&job.label, status, Some(error))
        };
        let mut keeper = match self.desk.keeper(self.id, &job) {
            Ok(keeper) => keeper,
            Err(error) => return refused(&error),
        };
        let (progress, began) = (Progress::default(), Instant::now());
        self.reporter.report(self.id, &Note::Started(job.started(progress.clone())));
        let resumer = Resumer { transport: self.transport, cancel: self.cancel, resume: self.resume };
        let mut run = Run {
            job: &job,
            parts: job.parts(),
            progress,
            totals: Totals::default(),
            stored: StoredParts::default(),
        };
        let mut from = match resumer.start(&mut keeper, &job).await {
            Ok(from) => from,
            Err(error) => return refused(&error),
        };
        let digest = self.receipts.map(|receipts| (receipts, Digest::begin(job.source.clone())));
        let mut anew = false;
        loop {
            let ended = match self.drive(&mut run, &mut keeper, from.take(), anew).await {
                Ok(ended) => ended,
                Err(error) => return refused(&error),
            };
            keeper.settle(&ended.outcome);
            let reason = ended.outcome.worth_another().filter(|_| !anew && !self.cancel.is_cancelled());
            let Some(reason) = reason else {
                let mut result = file_result(&job, run.parts, ended, keeper.session(), began.elapsed());
                if let Some((receipts, digest)) = digest {
                    self.give_receipt(receipts, &job, digest, run.stored, &mut result).await;
                }
                return result;
            };
            if let Outcome::Failed { remains: Remains::Kept(checkpoint), .. } = &ended.outcome {
                let (upload_id, object_key) = (checkpoint.upload_id.clone(), checkpoint.object_key.clone());
                if let Err(error) = resumer.clear(&mut keeper, &AbortRequest { upload_id, object_key }).await
                {
                    return refused(&error);
                }
            }
            anew = true;
            keeper.note(&Note::Restarted { file: &job.label, reason });
        }
    }

    async fn give_receipt(
        &self,
        receipts: &Receipts,
        job: &Job,
        digest: Digest,
        stored: StoredParts,
        result: &mut FileResult,
    ) {
        let compared = self.verifying.is_some_and(VerifyingTransport::compares);
        match receipt::give(receipts, &job.name, (digest, self.cancel), stored, compared, result).await {
            Ok(None) => {}
            Ok(Some(message)) => {
                self.reporter.report(self.id, &Note::Warning { file: &job.label, message: &message });
            }
            Err(error) => {
                result.status = Status::Failed;
                result.error = result.error.take().or_else(|| Some((&error).into()));
            }
        }
    }

    async fn drive(
        &self,
        run: &mut Run<'_>,
        keeper: &mut Keeper<'_>,
        from: Option<Checkpoint>,
        is_second: bool,
    ) -> Result<Ended, CliError> {
        let job = run.job;
        run.parts = job.parts();
        let stored = from.as_ref().map(stored).unwrap_or_default();
        run.progress.set(stored.bytes);
        if let Some(checkpoint) = &from {
            run.parts = checkpoint.plan.part_count();
            let upload_id = checkpoint.upload_id.as_str();
            let Stored { parts, bytes } = stored;
            keeper.note(&Note::Resumed {
                file: &job.label,
                upload_id,
                parts: run.parts,
                stored: parts,
                bytes,
            });
        }
        let begun_here = from.is_none();
        let mut outlook = None;
        let mut machine = job.machine(from)?;
        let source: Box<dyn Source> = match self.throttle {
            Some(throttle) => Box::new(Throttled::new(job.source.clone(), throttle.clone())),
            None => Box::new(job.source.clone()),
        };
        let driver = Driver {
            transport: self.transport,
            source: &*source,
            clock: &TokioClock,
            progress: &run.progress,
        };
        let observe = |event: &Event| {
            // Before anything else, so that it stands on the disk when anybody hears of it.
            keeper.observe(event);
            run.stored.observe(event);
            if let Event::Replanned { adopted, .. } = event {
                run.parts = adopted.part_count();
            }
            self.observe(&job.label, event);
            match event {
                Event::Opened(checkpoint) => {
                    outlook = Outlook::new(checkpoint, begun_here, Instant::now(), SystemTime::now());
                    if let Some(outlook) = &mut outlook {
                        outlook.is_last = is_second;
                    }
                }
                Event::PartStored { bytes, .. } => {
                    let outlook = outlook.as_mut();
                    if let Some(message) =
                        outlook.and_then(|o| o.stored(*bytes, Instant::now(), self.concurrency))
                    {
                        self.reporter.report(self.id, &Note::Warning { file: &job.label, message: &message });
                    }
                }
                _ => {}
            }
        };
        let mut ended = driver.run(&mut *machine, observe, self.cancel.cancelled()).await;
        ended.totals.attempts += run.totals.attempts;
        ended.totals.retries += run.totals.retries;
        run.totals = ended.totals;
        Ok(ended)
    }

    fn observe(&self, file: &str, event: &Event) {
        log(file, event);
        let note = match event {
            Event::Replanned { adopted, .. } => {
                Note::Replanned { file, part_size: adopted.part_size(), parts: adopted.part_count() }
            }
            Event::PartStored { part, bytes, attempt, etag, .. } => Note::Part {
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
