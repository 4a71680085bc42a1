use std::time::Instant;

use super::{
    delivery::{Delivered, Fate, cause},
    options::IngestOptions,
};
use crate::{
    error::{CliError, ErrorKind},
    ingest::{Batch, DeadLetters},
    output::{BatchStatus, ErrorNote, Finding, Findings, IngestResult, Note, Reporter, RowCounts, Status},
};

/// How many findings are kept; the others are counted.
const KEPT: usize = 100;

/// What a run has come to so far.
pub(super) struct Outcome<'a> {
    options: &'a IngestOptions,
    began: Instant,
    rows: RowCounts,
    /// Of the whole input, where it is known.
    total: Option<u64>,
    /// The last row whose fate is settled.
    settled: u64,
    batches: u64,
    attempts: u32,
    retries: u32,
    refused: DeadLetters,
    unknown: DeadLetters,
    findings: Vec<Finding>,
    finding_count: u64,
    /// What stopped it, or else the first thing that went wrong with a batch.
    error: Option<CliError>,
    stopped: bool,
    cancelled: bool,
    /// Not sent, and so far nothing behind them was.
    held: Vec<Batch>,
}

impl<'a> Outcome<'a> {
    pub(super) fn new(options: &'a IngestOptions, total: Option<u64>, began: Instant) -> Self {
        Self {
            options,
            began,
            rows: RowCounts::default(),
            total,
            settled: options.skip_rows,
            batches: 0,
            attempts: 0,
            retries: 0,
            refused: DeadLetters::new(options.refused.clone()),
            unknown: DeadLetters::new(options.unknown.clone()),
            findings: Vec::new(),
            finding_count: 0,
            error: None,
            stopped: false,
            cancelled: false,
            held: Vec::new(),
        }
    }

    /// The input had so many records.
    pub(super) fn read(&mut self, rows: u64) {
        self.total = Some(rows);
    }

    /// The run was cancelled.
    pub(super) fn cancel(&mut self) {
        (self.stopped, self.cancelled) = (true, true);
        self.error = Some(CliError::new(ErrorKind::Cancelled, "cancelled"));
    }

    /// The input is wrong from here on. A run that was stopped before it came to that has its own reason.
    pub(super) fn broken(&mut self, error: CliError) {
        if !self.stopped {
            self.stopped = true;
            self.error = Some(error);
        }
    }

    /// Whether there was nothing more to send.
    pub(super) fn is_complete(&self) -> bool {
        !self.stopped && self.total == Some(self.settled.max(self.options.skip_rows))
    }

    /// Takes in a batch's end; answers whether the next one stands a chance.
    pub(super) fn take(&mut self, batch: Batch, delivered: Delivered, reporter: &dyn Reporter) -> bool {
        let (rows, number) = (batch.rows(), batch.number);
        let (first, last) = batch.span();
        self.batches += 1;
        self.attempts += delivered.attempts;
        self.retries += delivered.attempts.saturating_sub(1);
        let status = match delivered.fate {
            Fate::Accepted => {
                self.rows.accepted += rows;
                BatchStatus::Accepted
            }
            Fate::Refused(failure) => {
                self.rows.refused += rows;
                let error = CliError::from(&failure);
                let findings = cause(&failure).map_or(&[][..], |error| &error.findings);
                self.find(&batch, findings);
                self.keep(true, &batch, &error, findings);
                self.note(error);
                BatchStatus::Refused
            }
            Fate::Unknown(failure) => {
                self.rows.unknown += rows;
                let error = failure.map_or_else(
                    || CliError::new(ErrorKind::Cancelled, "cancelled while it was under way"),
                    |failure| CliError::from(&failure),
                );
                self.keep(false, &batch, &error, &[]);
                self.note(error);
                BatchStatus::Unknown
            }
            Fate::NotSent(failure) => {
                // What stopped it first counts; what was under way beside it adds nothing.
                if let Some(failure) = failure.filter(|_| !self.stopped) {
                    self.error = Some(CliError::from(&failure));
                }
                self.stopped = true;
                self.held.push(batch);
                BatchStatus::NotSent
            }
        };
        if status != BatchStatus::NotSent {
            self.close_gap();
            self.settled = last;
        }
        let file = &self.options.label;
        reporter.report(super::JOB, &Note::Batch { file, batch: number, rows: [first, last], status });
        !self.stopped
    }

    /// A batch was not sent although one behind it was: its records are kept, so that going on behind both loses none.
    fn close_gap(&mut self) {
        let error = self.error.clone().unwrap_or_else(|| CliError::new(ErrorKind::Cancelled, "cancelled"));
        for batch in std::mem::take(&mut self.held) {
            self.keep(true, &batch, &error, &[]);
        }
    }

    fn note(&mut self, error: CliError) {
        self.error.get_or_insert(error);
    }

    fn find(&mut self, batch: &Batch, findings: &[upload_proto::ValidationError]) {
        self.finding_count += findings.len() as u64;
        let room = KEPT.saturating_sub(self.findings.len());
        for finding in findings.iter().take(room) {
            let mut finding = Finding::from(finding.clone());
            // The platform counts within the batch; people look into their file.
            if let Some(record) = finding.row.and_then(|row| batch.place(row)) {
                (finding.row, finding.line) = (Some(record.row), Some(record.line));
            }
            self.findings.push(finding);
        }
    }

    /// Keeps a batch for later. One that cannot be kept ends the run: nothing more may be lost.
    fn keep(
        &mut self,
        is_refused: bool,
        batch: &Batch,
        error: &CliError,
        findings: &[upload_proto::ValidationError],
    ) {
        let (letters, wanted) = match is_refused {
            true => (&mut self.refused, &self.options.refused),
            false => (&mut self.unknown, &self.options.unknown),
        };
        if let Err(trouble) = letters.write(batch, &ErrorNote::from(error), findings) {
            let (first, last) = batch.span();
            let message = format!(
                "{error}; and rows {first} to {last} could not be kept in {}: {trouble}",
                wanted.display()
            );
            let hint = "make room or name another file with --dead-letter, then go on with --skip-rows";
            self.error = Some(CliError::new(ErrorKind::LocalFile, message).hint(hint));
            self.stopped = true;
        }
    }

    /// The exit status's kind; `None` when every record was accepted.
    pub(super) fn verdict(&self) -> Option<ErrorKind> {
        match &self.error {
            None => None,
            Some(_) if self.cancelled => Some(ErrorKind::Cancelled),
            Some(_) if self.rows.accepted > 0 => Some(ErrorKind::Partial),
            Some(error) => Some(error.kind),
        }
    }

    /// The result as it is reported.
    pub(super) fn result(&self) -> IngestResult {
        let RowCounts { accepted, refused, unknown, .. } = self.rows;
        let settled = accepted + refused + unknown;
        let to_send = self.total.map(|total| total.saturating_sub(self.options.skip_rows));
        let not_sent = to_send.map(|rows| rows.saturating_sub(settled));
        let rows = RowCounts { read: to_send, not_sent, ..self.rows };
        let mut error = self.error.clone();
        if let Some(error) = error.as_mut().filter(|_| self.stopped) {
            match self.settled {
                0 => error.message.push_str("; nothing was sent"),
                settled => {
                    error.message.push_str(&format!("; nothing was sent from row {} on", settled + 1));
                    let go_on = format!("go on with --skip-rows {settled}");
                    let first = error.hint.take().map_or_else(String::new, |hint| format!("{hint}; then "));
                    error.hint = Some(first + &go_on);
                }
            }
        }
        let status = match (&self.error, self.cancelled) {
            (None, _) => Status::Completed,
            (Some(_), true) => Status::Aborted,
            (Some(_), false) => Status::Failed,
        };
        let findings = Findings {
            valid: false,
            errors: self.findings.clone(),
            errors_total: (self.finding_count > self.findings.len() as u64).then_some(self.finding_count),
        };
        IngestResult {
            file: self.options.label.clone(),
            status,
            pattern: "ingest",
            kind: self.options.input.kind.name(),
            rows,
            batches: self.batches,
            seconds: (self.began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            attempts: self.attempts,
            retries: self.retries,
            dead_letter: self.refused.path().map(ToOwned::to_owned),
            unknown_file: self.unknown.path().map(ToOwned::to_owned),
            validation: (refused > 0).then_some(findings),
            error: error.as_ref().map(ErrorNote::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use upload_core::{Failure, Step, TransportError, TransportErrorKind};
    use upload_proto::{IngestKind, Orient};

    use super::*;
    use crate::{
        commands::ingest::options::Origin,
        ingest::{ColumnTypes, Input, Limits, Record},
        output::{Look, Screen},
    };

    fn options(folder: &std::path::Path) -> IngestOptions {
        IngestOptions {
            origin: Origin::Stdin,
            label: "-".into(),
            input: Input { kind: IngestKind::Sales, format: None, types: ColumnTypes::default() },
            orient: Orient::default(),
            limits: Limits { rows: 2, bytes: 999 },
            concurrency: 3,
            delivery: upload_core::Delivery::default(),
            skip_rows: 0,
            refused: folder.join("refused"),
            unknown: folder.join("unknown"),
            preflight: false,
            dry_run: false,
        }
    }

    fn batch(number: u64) -> Batch {
        let record = |row| Record { json: format!("{{\"id\":{row}}}"), row, line: row };
        Batch { number, records: vec![record(2 * number - 1), record(2 * number)] }
    }

    fn failed(kind: TransportErrorKind) -> Failure {
        Failure::Request { step: Step::Ingest, attempts: 1, error: TransportError::new(kind, "planted") }
    }

    /// What comes of these fates, one a batch in order: the result, the exit's kind, and the lines kept as refused.
    fn outcome_of(fates: Vec<Fate>, cancelled: bool) -> (IngestResult, Option<ErrorKind>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let options = options(folder.path());
        let reporter = Look { format: crate::args::OutputFormat::Human, quiet: true, progress: false };
        let reporter = reporter.reporter(&Screen::new());
        let mut outcome = Outcome::new(&options, Some(10), Instant::now());
        for (number, fate) in (1..).zip(fates) {
            outcome.take(batch(number), Delivered { fate, attempts: 1 }, &*reporter);
        }
        if cancelled {
            outcome.cancel();
        }
        let kept = std::fs::read_to_string(&options.refused).unwrap_or_default();
        let kept = kept.lines().filter(|line| !line.contains('$')).map(str::to_owned).collect();
        (outcome.result(), outcome.verdict(), kept)
    }

    #[test]
    fn a_gap_behind_which_rows_were_sent_is_kept_and_going_on_begins_behind_both() {
        let broken = || Fate::NotSent(Some(failed(TransportErrorKind::Server)));
        let (result, verdict, kept) =
            outcome_of(vec![Fate::Accepted, broken(), Fate::Accepted, broken()], false);
        assert_eq!(kept, [r#"{"id":3}"#, r#"{"id":4}"#], "the last one's rows lie behind where it goes on");
        let RowCounts { accepted, not_sent, .. } = result.rows;
        assert_eq!((accepted, not_sent, verdict), (4, Some(6), Some(ErrorKind::Partial)));
        let error = result.error.unwrap();
        assert!(error.message.contains("nothing was sent from row 7 on"), "{}", error.message);
        assert!(error.hint.unwrap().contains("--skip-rows 6"));
        assert!(result.dead_letter.is_some());
    }

    #[test]
    fn the_exit_follows_what_became_of_the_rows() {
        use TransportErrorKind as Kind;
        let refused = || Fate::Refused(failed(Kind::Rejected));
        let unknown = || Fate::Unknown(Some(failed(Kind::Reset)));
        let denied = || Fate::NotSent(Some(failed(Kind::Forbidden)));
        let transport = |kind| Some(ErrorKind::Transport(kind));
        for (fates, verdict) in [
            (vec![Fate::Accepted], None),
            (vec![Fate::Accepted, refused()], Some(ErrorKind::Partial)),
            (vec![refused()], transport(Kind::Rejected)),
            (vec![unknown()], transport(Kind::Reset)),
            (vec![unknown(), Fate::Accepted], Some(ErrorKind::Partial)),
            (vec![denied()], transport(Kind::Forbidden)),
            (vec![refused(), denied()], transport(Kind::Forbidden)),
        ] {
            assert_eq!(outcome_of(fates, false).1, verdict);
        }
        assert_eq!(outcome_of(vec![Fate::Accepted], true).1, Some(ErrorKind::Cancelled));
    }
}
