use std::path::PathBuf;

use clap::{Args, ValueHint};
use upload_proto::EventType;

use super::help;

/// Upload creative media, up to about 50 MB each
#[derive(Debug, Args)]
#[command(after_help = help::MEDIA_EXAMPLES)]
pub(crate) struct MediaArgs {
    /// The files to upload
    #[arg(value_name = "PATH", value_hint = ValueHint::FilePath, required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Check everything, say what would be done, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Upload the sales figures of an event as a workbook (.xlsx)
#[derive(Debug, Args)]
#[command(after_help = help::EXCEL_EXAMPLES)]
pub(crate) struct ExcelArgs {
    /// The workbook
    #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) path: PathBuf,

    /// The event the figures are of
    #[arg(long, value_name = "EID", value_parser = event_id)]
    pub(crate) eid: String,

    #[command(flatten)]
    pub(crate) workbook: WorkbookArgs,
}

/// Upload events as a workbook (.xlsx or .xls)
#[derive(Debug, Args)]
#[command(after_help = help::EVENTS_EXAMPLES)]
pub(crate) struct EventsArgs {
    /// The workbook
    #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) path: PathBuf,

    /// Which system it comes out of: fdlive or prisma
    #[arg(long, value_name = "TYPE")]
    pub(crate) event_type: EventType,

    #[command(flatten)]
    pub(crate) workbook: WorkbookArgs,
}

/// What both kinds of workbook share.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct WorkbookArgs {
    /// Send it without looking into it first
    #[arg(long)]
    pub(crate) no_preflight: bool,

    /// Send it again if its answer is lost, though its rows may then arrive twice
    #[arg(long)]
    pub(crate) at_least_once: bool,

    /// Check everything, say what would be done, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn event_id(text: &str) -> Result<String, String> {
    match text.trim().is_empty() {
        true => Err("an event id is not empty".into()),
        false => Ok(text.to_owned()),
    }
}
