mod bars;
mod findings;
mod ingest;
mod result;

use std::borrow::Cow;

use console::style;

use self::bars::Bars;
use super::{JobId, Note, Reporter, Scope, Screen, Summary, bytes, plain};
use crate::error::CliError;

/// Lines for people, and bars where somebody watches.
#[derive(Debug)]
pub(crate) struct Human {
    screen: Screen,
    quiet: bool,
    bars: Option<Bars>,
}

impl Human {
    pub(crate) fn new(screen: Screen, quiet: bool, progress: bool) -> Self {
        let bars = progress.then(|| Bars::new(screen.bars().clone()));
        Self { screen, quiet, bars }
    }

    fn aside(&self, label: &str, file: &str, text: &str) {
        if !self.quiet {
            let label = style(label).yellow().bold().for_stderr();
            self.screen.note(&format!("{label} {}: {}", shown(file), plain(text)));
        }
    }

    fn error(&self, error: &CliError) {
        let label = style("error:").red().bold().for_stderr();
        self.screen.note(&format!("{label} {}", plain(&error.message)));
        if let Some(hint) = &error.hint {
            self.screen.note(&format!("{} {}", style(" hint:").cyan().for_stderr(), plain(hint)));
        }
    }
}

/// What people call a file; `-` is a word only in shells.
fn shown(file: &str) -> Cow<'_, str> {
    if file == "-" { "standard input".into() } else { plain(file) }
}

impl Reporter for Human {
    fn begin(&self, scope: Scope) {
        if let Some(bars) = &self.bars {
            bars.begin(scope);
        }
    }

    fn reading(&self, what: &str, bytes: Option<u64>) {
        if let Some(bars) = &self.bars {
            bars.reading(what, bytes);
        }
    }

    fn report(&self, job: JobId, note: &Note<'_>) {
        if let Some(bars) = &self.bars {
            bars.report(job, note);
        }
        match note {
            Note::Retry { file, step, reason, wait_seconds, .. } => {
                self.aside("retry:", file, &format!("{step}: {reason}; again in {wait_seconds:.1} s"));
            }
            Note::Warning { file, message } => self.aside("warning:", file, message),
            Note::Replanned { file, part_size, parts } => self.aside(
                "note:",
                file,
                &format!("the server wants {parts} part(s) of {}", bytes(*part_size)),
            ),
            Note::Resumed { file, parts, stored, bytes: so_far, .. } => self.aside(
                "resumed:",
                file,
                &format!("{stored} of {parts} part(s), {}, are stored already", bytes(*so_far)),
            ),
            Note::Restarted { file, reason } => self.aside("starting over:", file, reason),
            Note::Planned(planned) => self.screen.result(&result::planned(planned)),
            Note::Result(file) => {
                if let Some(line) = result::line(file, self.screen.shows_results()) {
                    self.screen.result(&line);
                }
                for line in result::troubles(file) {
                    self.screen.note(&line);
                }
                if let Some(path) = &file.sandbox_file
                    && !self.quiet
                {
                    let lead = style("  the object lies in").dim().for_stderr();
                    self.screen.note(&format!("{lead} {}", plain(&path.to_string_lossy())));
                }
            }
            Note::IngestPlan(plan) => self.screen.result(&ingest::planned(plan)),
            Note::Ingested(run) => {
                if let Some(line) = ingest::line(run, self.screen.shows_results()) {
                    self.screen.result(&line);
                }
                ingest::troubles(run).iter().for_each(|line| self.screen.note(line));
            }
            Note::Waiting { file, package_status, is_news: true, .. } if self.bars.is_none() => {
                self.aside("waiting:", file, &format!("the package is {package_status}"));
            }
            Note::Batch { .. }
            | Note::Waiting { .. }
            | Note::Started(_)
            | Note::Part { .. }
            | Note::Completing { .. }
            | Note::Aborting { .. } => {}
        }
    }

    fn tick(&self) {
        if let Some(bars) = &self.bars {
            bars.tick();
        }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.screen.note(&plain(text));
        }
    }

    fn fail(&self, error: &CliError) {
        self.error(error);
    }

    fn end(&self, summary: &Summary) {
        if let Some(bars) = &self.bars {
            bars.end();
        }
        if summary.files() > 1 && !self.quiet {
            self.screen.note(&result::summary(summary));
        }
    }
}
