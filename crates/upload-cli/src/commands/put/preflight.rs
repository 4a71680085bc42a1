use std::{
    fs::File,
    io::Seek,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio_util::sync::CancellationToken;

use super::{candidate::Candidate, job::Workshop, selection::Selection};
use crate::{
    commands::{TICK, tally::Tally},
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Status},
    preflight::{Report, check_csv},
};

const HINT: &str = "correct the file, or send it as it is with --no-preflight";

/// A look into every CSV before the first byte of any is sent.
pub(super) struct Preflight<'a> {
    pub(super) workshop: &'a Workshop<'a>,
    pub(super) expected: &'a [String],
    pub(super) cancel: &'a CancellationToken,
}

impl Preflight<'_> {
    /// Looks into them, one after the other. Each that would be refused is reported, and then the others are as skipped.
    ///
    /// # Errors
    /// When a file can no longer be read.
    pub(super) async fn run(
        &self,
        selection: &Selection,
        reporter: &dyn Reporter,
    ) -> Result<Tally, CliError> {
        let mut tally = Tally::default();
        let mut refused = Vec::new();
        for (id, candidate) in (0..).map(JobId).zip(selection.candidates()) {
            let candidate = candidate?;
            if !is_csv(&self.workshop.name(&candidate)) {
                continue;
            }
            let label = candidate.label();
            let Some(report) = self.look(&candidate, &label, reporter).await? else {
                tally.failed(ErrorKind::Cancelled);
                return Ok(tally);
            };
            if let Some(message) = &report.warning {
                reporter.report(id, &Note::Warning { file: &label, message });
            }
            if !report.is_clean() {
                reporter.report(id, &Note::Result(&report.refuse(&label, HINT)));
                tally.failed(ErrorKind::Content);
                refused.push(id);
            }
        }
        if !tally.is_spotless() {
            for (id, candidate) in (0..).map(JobId).zip(selection.candidates()) {
                if let (Ok(candidate), false) = (candidate, refused.contains(&id)) {
                    let result = FileResult::bare(&candidate.label(), Status::Skipped, None);
                    reporter.report(id, &Note::Result(&result));
                }
            }
        }
        Ok(tally)
    }

    /// Looks into one, on a thread where reading may block; `None` when it was cancelled.
    async fn look(
        &self,
        candidate: &Candidate,
        label: &str,
        reporter: &dyn Reporter,
    ) -> Result<Option<Report>, CliError> {
        let unreadable =
            |error: &std::io::Error| CliError::io("reading", Path::new(label), error).hint("check the file");
        let mut file: File = self.workshop.file(candidate).map_err(|error| unreadable(&error))?;
        let (expected, cancel) = (self.expected.to_vec(), self.cancel.clone());
        let looked_at = Arc::new(AtomicU64::new(0));
        let counted = looked_at.clone();
        let mut check = tokio::task::spawn_blocking(move || {
            file.rewind()?;
            let report = check_csv(&file, &expected, |bytes| {
                counted.fetch_add(bytes, Relaxed);
                !cancel.is_cancelled()
            });
            // Standard input's file is shared with whoever reads it next.
            file.rewind()?;
            report
        });
        let what = format!("checking {label}");
        let mut ticks = tokio::time::interval(TICK);
        ticks.tick().await;
        let report = loop {
            tokio::select! {
                report = &mut check => break report,
                _ = ticks.tick() => reporter.reading(&what, Some(looked_at.load(Relaxed))),
            }
        };
        reporter.reading(&what, None);
        match report {
            Ok(report) => report.map_err(|error| unreadable(&error)),
            Err(error) => Err(CliError::new(ErrorKind::Unexpected, format!("{label}: {error}"))),
        }
    }
}

fn is_csv(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}
