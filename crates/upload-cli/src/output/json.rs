use serde::Serialize;

use super::{ErrorNote, JobId, Note, Reporter, Scope, Screen, Summary};
use crate::error::CliError;

/// One JSON object a line on standard output.
#[derive(Debug)]
pub(crate) struct Json {
    screen: Screen,
    quiet: bool,
}

/// What belongs to no single file.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Overall {
    /// The command failed as a whole.
    Error { error: ErrorNote },
    /// A batch of several files has ended.
    Summary(Summary),
}

impl Json {
    pub(crate) fn new(screen: Screen, quiet: bool) -> Self {
        Self { screen, quiet }
    }

    fn line(&self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(line) => self.screen.result(&line),
            Err(error) => self.screen.note(&format!("error: a result could not be written as JSON: {error}")),
        }
    }
}

impl Reporter for Json {
    fn begin(&self, _scope: Scope) {}

    fn report(&self, _job: JobId, note: &Note<'_>) {
        self.line(note);
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.screen.note(text);
        }
    }

    fn fail(&self, error: &CliError) {
        self.line(&Overall::Error { error: error.into() });
    }

    fn end(&self, summary: &Summary) {
        if summary.files() > 1 {
            self.line(&Overall::Summary(*summary));
        }
    }
}
