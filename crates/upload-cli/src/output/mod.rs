//! What people and programs get to see. Standard output carries results, standard error everything else.

mod finding;
mod human;
mod ingest;
mod json;
mod logging;
mod note;
mod screen;
mod text;

use serde::Serialize;

pub(crate) use self::{
    finding::{Finding, Findings},
    human::Human,
    ingest::{BatchStatus, IngestPlan, IngestResult, RowCounts},
    json::Json,
    logging::start_logging,
    note::{ErrorNote, FileResult, JobId, Note, Started, Status},
    screen::Screen,
    text::{bytes, plain, print_usage_error, rate, roughly, seconds},
};
use crate::{
    args::{ColorChoice, GlobalArgs, OutputFormat},
    error::CliError,
};

/// What a batch holds, as far as it is known before it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) aborted: u64,
    pub(crate) skipped: u64,
    /// Of the files that are completed.
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
}

impl Summary {
    pub(crate) fn count(&mut self, result: &FileResult) {
        match result.status {
            Status::Completed => {
                self.completed += 1;
                self.bytes += result.bytes.unwrap_or_default();
            }
            Status::Failed => self.failed += 1,
            Status::Aborted => self.aborted += 1,
            Status::Skipped => self.skipped += 1,
        }
    }

    pub(crate) fn files(&self) -> u64 {
        self.completed + self.failed + self.aborted + self.skipped
    }
}

/// Shows what happens. One for people, one for programs.
pub(crate) trait Reporter: Send + Sync {
    /// A batch begins.
    fn begin(&self, scope: Scope);

    /// Something is being read before anything is sent, such as standard input: so many bytes so far, or `None` when it has
    /// ended.
    fn reading(&self, _what: &str, _bytes: Option<u64>) {}

    /// Something happened to a file.
    fn report(&self, job: JobId, note: &Note<'_>);

    /// A moment has passed: whatever moves may be drawn anew.
    fn tick(&self) {}

    /// Something that is no file's own: where the sandbox keeps its objects, what a signal does.
    fn say(&self, text: &str);

    /// The command ends with this error.
    fn fail(&self, error: &CliError);

    /// A batch has ended, like this.
    fn end(&self, summary: &Summary);
}

/// How the output looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) format: OutputFormat,
    pub(crate) quiet: bool,
    pub(crate) progress: bool,
}

impl Look {
    pub(crate) fn of(global: &GlobalArgs, format: OutputFormat, screen: &Screen) -> Self {
        let progress = !global.quiet && !global.no_progress && format == OutputFormat::Human;
        Self { format, quiet: global.quiet, progress: progress && screen.is_interactive() }
    }

    pub(crate) fn reporter(self, screen: &Screen) -> Box<dyn Reporter> {
        match self.format {
            OutputFormat::Human => Box::new(Human::new(screen.clone(), self.quiet, self.progress)),
            OutputFormat::Json => Box::new(Json::new(screen.clone(), self.quiet)),
        }
    }
}

/// Turns colours on or off, for both streams.
pub(crate) fn set_colors(choice: ColorChoice) {
    let forced = match choice {
        ColorChoice::Auto => return,
        ColorChoice::Always => true,
        ColorChoice::Never => false,
    };
    console::set_colors_enabled(forced);
    console::set_colors_enabled_stderr(forced);
}
