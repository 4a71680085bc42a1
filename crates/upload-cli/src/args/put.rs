use std::path::PathBuf;

use clap::{Args, ValueHint};
use upload_proto::UploadType;

use super::{Concurrency, PatternChoice, Rate, Size, Verify, help};

/// Upload files into the platform's storage
#[derive(Debug, Default, Args)]
#[command(after_help = help::PUT_EXAMPLES, override_usage = help::PUT_USAGE)]
pub(crate) struct PutArgs {
    /// The files to upload; `-` is standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, required_unless_present = "manifest")]
    pub(crate) paths: Vec<PathBuf>,

    /// What the files are, such as audience_csv (sent as X-Upload-Type)
    #[arg(id = "type", long = "type", value_name = "TYPE", help_heading = "Upload")]
    pub(crate) upload_type: Option<UploadType>,

    /// How files are sent [default: auto]
    #[arg(long, value_enum, value_name = "PATTERN", help_heading = "Upload")]
    pub(crate) pattern: Option<PatternChoice>,

    /// The name the platform is told, for a single file or standard input
    #[arg(long, value_name = "NAME", help_heading = "Upload")]
    pub(crate) name: Option<String>,

    /// The size of the parts, 5MiB to 5GiB [default: 8MiB, or as file and link ask for]
    #[arg(long, value_name = "SIZE", help_heading = "Upload")]
    pub(crate) part_size: Option<Size>,

    /// How many parts are in flight at once, over all files: a number, or auto [default: auto]
    #[arg(long, value_name = "N", help_heading = "Upload")]
    pub(crate) concurrency: Option<Concurrency>,

    /// The most memory for file bytes on their way; a little of it means fewer parts in flight [default: 64MiB]
    #[arg(long, value_name = "SIZE", help_heading = "Upload")]
    pub(crate) memory: Option<Size>,

    /// Send no faster than this, over all files, such as 10MiB/s
    #[arg(long, value_name = "SIZE/s", help_heading = "Upload")]
    pub(crate) limit_rate: Option<Rate>,

    /// Have the platform check what arrived (the default for files sent in parts)
    #[arg(
        long,
        overrides_with = "no_validate",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        help_heading = "Upload"
    )]
    pub(crate) validate: Option<bool>,

    /// Do not have it checked
    #[arg(long, overrides_with = "validate", help_heading = "Upload")]
    pub(crate) no_validate: bool,

    /// Compare each part's ETag with the MD5 of what was sent [default: etag]
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Upload")]
    pub(crate) verify: Option<Verify>,

    /// Go on with an unfinished upload of the same file (the default)
    #[arg(
        long,
        overrides_with = "no_resume",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        help_heading = "Upload"
    )]
    pub(crate) resume: Option<bool>,

    /// Abort an unfinished upload of the same file, and begin anew
    #[arg(long, overrides_with = "resume", help_heading = "Upload")]
    pub(crate) no_resume: bool,

    /// Leave a failed upload open, to be gone on with, instead of aborting it
    #[arg(long, help_heading = "Upload")]
    pub(crate) keep_on_failure: bool,

    /// Append a receipt for each file to this one: its SHA-256, and each part's ETag and request id, as JSON lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Upload")]
    pub(crate) receipt: Option<PathBuf>,

    /// Send CSVs without looking into them first
    #[arg(long, help_heading = "Upload")]
    pub(crate) no_preflight: bool,

    /// Columns that a CSV must have, such as email,country
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Upload")]
    pub(crate) expect_columns: Vec<String>,

    /// Upload the files in directories, and in those below them
    #[arg(long, short, help_heading = "Which files")]
    pub(crate) recursive: bool,

    /// Of a directory's files, only those that match (repeatable)
    #[arg(long, value_name = "GLOB", help_heading = "Which files")]
    pub(crate) include: Vec<String>,

    /// Of a directory's files, none that match (repeatable)
    #[arg(long, value_name = "GLOB", help_heading = "Which files")]
    pub(crate) exclude: Vec<String>,

    /// Take the files from this one: a path a line, or a JSON object a line with its own settings
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Which files")]
    pub(crate) manifest: Option<PathBuf>,

    /// Check everything, say what would be done, send nothing
    #[arg(long, help_heading = "Which files")]
    pub(crate) dry_run: bool,
}
