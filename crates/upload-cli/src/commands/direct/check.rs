use std::{
    fs::File,
    path::{Path, PathBuf},
};

use tokio_util::sync::CancellationToken;
use upload_core::{Progress, Source};
use upload_http::FileSource;

use super::Order;
use crate::{
    commands::tally::Tally,
    error::{CliError, ErrorKind},
    output::{FileResult, JobId, Note, Reporter, Started, Status},
    preflight::{Report, WorkbookFormat, check_workbook, media_type},
};

/// The largest file that the platform takes in one request (file uploads page: up to about 50 MB), in bytes.
const LARGEST: u64 = 50_000_000;
const HINT: &str = "correct the workbook, or send it as it is with --no-preflight";

/// A file that is checked and ready to go. It is opened when its turn comes: a process may hold only so many open.
pub(super) struct Cargo {
    /// What people call it.
    pub(super) label: String,
    /// What the platform is told.
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

impl Cargo {
    /// The note of its beginning.
    pub(super) fn started(&self, progress: Progress) -> Started<'_> {
        Started {
            file: &self.label,
            name: &self.name,
            pattern: "direct",
            upload_type: None,
            bytes: self.bytes,
            parts: 1,
            part_size: None,
            progress,
        }
    }
}

/// Looks at every file, so that nothing is sent when one cannot be. Each that cannot is reported, and then the others are as
/// skipped.
pub(super) async fn check(
    order: &Order,
    reporter: &dyn Reporter,
    cancel: &CancellationToken,
) -> (Vec<Cargo>, Tally) {
    let (mut ready, mut tally) = (Vec::new(), Tally::default());
    for (id, path) in (0..).map(JobId).zip(&order.paths) {
        let label = path.display().to_string();
        let trouble = match look(order, path, cancel).await {
            Ok(Ok(cargo)) => {
                ready.push((id, cargo));
                continue;
            }
            Ok(Err(report)) => report.refuse(&label, HINT),
            Err(error) => FileResult::bare(&label, Status::Failed, Some(&error)),
        };
        tally.failed(trouble.error.as_ref().map_or(ErrorKind::Unexpected, |error| error.kind));
        reporter.report(id, &Note::Result(&trouble));
    }
    if !tally.is_spotless() {
        for (id, cargo) in &ready {
            reporter.report(*id, &Note::Result(&FileResult::bare(&cargo.label, Status::Skipped, None)));
        }
    }
    (ready.into_iter().map(|(_, cargo)| cargo).collect(), tally)
}

async fn look(
    order: &Order,
    path: &Path,
    cancel: &CancellationToken,
) -> Result<Result<Cargo, Report>, CliError> {
    let label = path.display().to_string();
    if path == Path::new("-") {
        let error = CliError::new(ErrorKind::Usage, "standard input ('-') is not taken by this command");
        return Err(error.hint("put it into a file, or use `upload put -`"));
    }
    let source = FileSource::open(path)?;
    let refuse = |message: String, hint: &str| {
        Err(CliError::new(ErrorKind::LocalFile, format!("{label}: {message}")).hint(hint))
    };
    if source.is_empty() {
        return refuse("it is empty".into(), "upload a file that has content");
    }
    if source.len() > LARGEST {
        let size = source.len();
        // In bytes: 50 MB are less in MiB, and a file just above them would look smaller.
        return refuse(
            format!("it has {size} bytes, and the platform takes up to {LARGEST} (50 MB) in one request"),
            "send large files with `upload put`",
        );
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let formats = order.errand.formats();
    let content_type = match formats {
        [] => media_type(path).map_err(|error| CliError::io("reading", path, &error))?,
        _ => WorkbookFormat::of_name(&name).unwrap_or(WorkbookFormat::Xlsx).content_type().to_owned(),
    };
    if !formats.is_empty() && order.preflight {
        let (owned, called, cancel) = (path.to_owned(), name.clone(), cancel.clone());
        let looking = tokio::task::spawn_blocking(move || {
            let file = File::open(&owned)?;
            check_workbook(&file, &called, formats, |_| !cancel.is_cancelled())
        });
        let report = looking
            .await
            .map_err(|error| CliError::new(ErrorKind::Unexpected, format!("{label}: {error}")))?
            .map_err(|error| CliError::io("reading", path, &error))?;
        match report {
            None => return Err(CliError::new(ErrorKind::Cancelled, "cancelled")),
            Some(report) if !report.is_clean() => return Ok(Err(report)),
            Some(_) => {}
        }
    }
    Ok(Ok(Cargo { label, name, content_type, path: path.to_owned(), bytes: source.len() }))
}
