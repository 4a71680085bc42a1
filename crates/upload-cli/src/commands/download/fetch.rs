use futures::TryStreamExt;
use tokio::time::Instant;
use upload_core::{Failure, Progress, RetryPolicy, Retrying, Step, TransportError};
use upload_http::{ApiClient, Download};

use super::{JOB, sink::Sink};
use crate::{
    error::CliError,
    output::{Note, Reporter, Started},
};

/// Moves a list's bytes, over as many connections as it takes.
pub(super) struct Fetch<'a> {
    pub(super) api: &'a ApiClient,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) package: &'a str,
    /// What people call where it goes.
    pub(super) label: &'a str,
    pub(super) progress: &'a Progress,
    pub(super) policy: RetryPolicy,
}

/// What it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) attempts: u32,
    pub(super) retries: u32,
    /// Bytes that an earlier run of the command had brought, and that could be kept.
    pub(super) resumed_bytes: u64,
    /// When the first byte was asked for: waiting for the package is no part of its rate.
    pub(super) began: Option<Instant>,
    has_started: bool,
}

/// Why a try ended.
enum Trouble {
    Request(TransportError),
    Local(CliError),
}

impl From<TransportError> for Trouble {
    fn from(error: TransportError) -> Self {
        Self::Request(error)
    }
}

impl From<CliError> for Trouble {
    fn from(error: CliError) -> Self {
        Self::Local(error)
    }
}

impl Fetch<'_> {
    /// Fetches what the sink does not have yet. A try that got further than any before it counts as the first.
    ///
    /// # Errors
    /// When too many tries in a row get nowhere, and when the bytes cannot be written.
    pub(super) async fn run(&self, sink: &mut dyn Sink, counts: &mut Counts) -> Result<(), CliError> {
        let mut rng = fastrand::Rng::new();
        counts.began = Some(Instant::now());
        counts.resumed_bytes = sink.resume_point().map_or(0, |point| point.offset);
        let (mut furthest, mut failures) = (sink.position(), 0);
        loop {
            counts.attempts += 1;
            let error = match self.attempt(sink, counts).await {
                Ok(()) => return Ok(()),
                Err(Trouble::Local(error)) => return Err(error),
                Err(Trouble::Request(error)) => error,
            };
            if sink.position() > furthest {
                (furthest, failures) = (sink.position(), 0);
            }
            failures += 1;
            let Some(wait) = self.policy.wait(failures, &error, &mut rng) else {
                return Err(CliError::from(&Failure::Request {
                    step: Step::Download,
                    attempts: failures,
                    error,
                }));
            };
            counts.retries += 1;
            let retrying = Retrying { attempt: counts.attempts, wait, error: &error };
            self.reporter.report(JOB, &Note::retry(self.package, Step::Download, &retrying));
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, sink: &mut dyn Sink, counts: &mut Counts) -> Result<(), Trouble> {
        let download = self.begin(sink, counts).await?;
        let told = sink.begin(&download)?;
        if let Some(message) = told {
            self.start_over(counts, message);
        }
        self.progress.set(sink.position());
        if !counts.has_started {
            counts.has_started = true;
            self.reporter.report(JOB, &Note::Started(self.started(&download)));
        }
        let mut bytes = download.bytes;
        while let Some(chunk) = bytes.try_next().await? {
            sink.write(chunk).await?;
            self.progress.set(sink.position());
        }
        Ok(())
    }

    async fn begin(&self, sink: &mut dyn Sink, counts: &mut Counts) -> Result<Download, Trouble> {
        let from = sink.resume_point();
        match self.api.package_customers(counts.attempts, self.package, from.as_ref()).await {
            // What is here reaches further than the list: it has changed, whatever else the server looked at.
            Err(error) if error.status == Some(416) && from.is_some() => {
                sink.discard()?;
                self.start_over(counts, CHANGED);
                counts.attempts += 1;
                Ok(self.api.package_customers(counts.attempts, self.package, None).await?)
            }
            begun => Ok(begun?),
        }
    }

    fn start_over(&self, counts: &mut Counts, message: &str) {
        counts.resumed_bytes = 0;
        self.reporter.report(JOB, &Note::Warning { file: self.package, message });
    }

    fn started(&self, download: &Download) -> Started<'_> {
        Started {
            file: self.package,
            name: self.label,
            pattern: super::result::PATTERN,
            upload_type: None,
            bytes: download.total.unwrap_or_default(),
            parts: 1,
            part_size: None,
            progress: self.progress.clone(),
        }
    }
}

/// What people are told when a list is no longer the one that was begun.
pub(super) const CHANGED: &str = "the list has changed on the platform: the download starts over";
