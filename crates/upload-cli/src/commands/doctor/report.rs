use console::style;
use serde::Serialize;

use crate::{
    commands::{Ending, Session},
    error::{CliError, ErrorKind},
    output::ErrorNote,
};

/// What a check came to.
#[derive(Debug)]
pub(super) enum Verdict {
    /// All is well, and this is what was found.
    Passed(String),
    /// It is not, and this is why and what to do.
    Failed(CliError),
    /// It could not be looked into, for this reason.
    Skipped(&'static str),
}

/// The checks so far. Each is told at once.
pub(super) struct Report<'a> {
    session: &'a Session,
    totals: Totals,
    first_failure: Option<ErrorKind>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(tag = "event", rename = "doctor")]
struct Totals {
    passed: u32,
    failed: u32,
    skipped: u32,
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "check")]
struct CheckNote<'a> {
    check: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorNote>,
}

impl<'a> Report<'a> {
    pub(super) fn new(session: &'a Session) -> Self {
        Self { session, totals: Totals::default(), first_failure: None }
    }

    pub(super) fn add(&mut self, check: &str, verdict: Verdict) {
        let (status, detail, error) = match &verdict {
            Verdict::Passed(found) => ("passed", Some(found.as_str()), None),
            Verdict::Failed(error) => ("failed", None, Some(error)),
            Verdict::Skipped(reason) => ("skipped", Some(*reason), None),
        };
        match error {
            Some(error) => {
                self.totals.failed += 1;
                self.first_failure.get_or_insert(error.kind);
            }
            None if status == "passed" => self.totals.passed += 1,
            None => self.totals.skipped += 1,
        }
        let note = CheckNote { check, status, detail, error: error.map(ErrorNote::from) };
        self.session.event(&note, || vec![line(check, &verdict)]);
    }

    /// Says how all of them went.
    pub(super) fn end(self) -> Ending {
        let Totals { passed, failed, skipped } = self.totals;
        self.session.event(&self.totals, || {
            vec![format!("{passed} passed, {failed} failed, {skipped} could not be looked into")]
        });
        self.first_failure.map_or(Ending::Done, Ending::Reported)
    }
}

fn line(check: &str, verdict: &Verdict) -> String {
    let (status, text) = match verdict {
        Verdict::Passed(found) => (style("ok     ").green(), found.clone()),
        Verdict::Skipped(reason) => (style("skipped").dim(), (*reason).to_owned()),
        Verdict::Failed(CliError { message, hint, .. }) => {
            let remedy = hint.as_ref().map(|hint| format!("; to do: {hint}")).unwrap_or_default();
            (style("FAILED ").red().bold(), format!("{message}{remedy}"))
        }
    };
    format!("{status} {check:<11} {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_comes_with_its_remedy() {
        console::set_colors_enabled(false);
        let error = CliError::new(ErrorKind::Settings, "the clock is wrong").hint("set it");
        let failed = "FAILED  clock       the clock is wrong; to do: set it";
        assert_eq!(line("clock", &Verdict::Failed(error)), failed);
        assert_eq!(line("dns", &Verdict::Passed("found".into())), "ok      dns         found");
    }
}
