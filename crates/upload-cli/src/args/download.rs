use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueHint};

use super::help;

/// Download a package's customer list as CSV
#[derive(Debug, Args)]
#[command(after_help = help::DOWNLOAD_EXAMPLES)]
pub(crate) struct DownloadArgs {
    /// The package's id
    #[arg(value_name = "PACKAGE_ID", value_parser = package_id)]
    pub(crate) package: String,

    /// Where the list goes; `-` is standard output [default: PACKAGE_ID-customers.csv in this folder]
    #[arg(long, short = 'o', value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Download")]
    pub(crate) output_file: Option<PathBuf>,

    /// Replace the file if it exists
    #[arg(long, help_heading = "Download")]
    pub(crate) force: bool,

    /// Do not wait for a package that is not done yet: exit with status 8
    #[arg(long, help_heading = "Download")]
    pub(crate) no_wait: bool,

    /// Wait no longer than this for it, such as 30m; then exit with status 8 [default: as long as it takes]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, help_heading = "Download")]
    pub(crate) wait_limit: Option<Duration>,
}

/// Any text that can stand in a path of the API: slashes and the like are encoded, dots alone cannot be.
fn package_id(text: &str) -> Result<String, String> {
    match text {
        "" | "." | ".." => Err("this cannot be a package's id".into()),
        id => Ok(id.to_owned()),
    }
}
