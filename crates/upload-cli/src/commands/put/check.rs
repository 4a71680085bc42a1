use upload_core::Source;

use super::{job::Workshop, selection::Selection};
use crate::{
    commands::tally::Tally,
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Scope, Status},
};

/// What a look at every file has found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) scope: Scope,
    pub(super) tally: Tally,
}

/// Looks at every file, so that nothing is sent when one cannot be. Each that cannot is reported, and then the
/// others are as skipped.
pub(super) fn check(workshop: &Workshop<'_>, selection: &Selection, reporter: &dyn Reporter) -> Checked {
    let mut checked = Checked::default();
    let candidates = (0..).map(JobId).zip(selection.candidates());
    for (id, candidate) in candidates {
        checked.scope.files += 1;
        let candidate = match candidate {
            Ok(candidate) if !workshop.can_prepare(&candidate) => continue,
            Ok(candidate) => candidate,
            Err(error) => {
                reporter.fail(&error);
                checked.tally.failed(error.kind);
                continue;
            }
        };
        match workshop.prepare(&candidate, None) {
            Ok(job) => checked.scope.bytes += job.source.len(),
            Err(error) => {
                let result = FileResult::bare(&candidate.label(), Status::Failed, Some(&error));
                reporter.report(id, &Note::Result(&result));
                checked.tally.failed(error.kind);
            }
        }
    }
    if checked.scope.files == 0 {
        let error = CliError::new(ErrorKind::LocalFile, "there is no file to upload");
        let error = error.hint("check the paths, the globs and the manifest");
        reporter.fail(&error);
        checked.tally.failed(error.kind);
    } else if !checked.tally.is_spotless() {
        report_skipped(workshop, selection, reporter);
    }
    checked
}

fn report_skipped(workshop: &Workshop<'_>, selection: &Selection, reporter: &dyn Reporter) {
    for (id, candidate) in (0..).map(JobId).zip(selection.candidates()) {
        let Ok(candidate) = candidate else { continue };
        if !workshop.can_prepare(&candidate) || workshop.prepare(&candidate, None).is_ok() {
            let result = FileResult::bare(&candidate.label(), Status::Skipped, None);
            reporter.report(id, &Note::Result(&result));
        }
    }
}
