use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::aot::Shell;

use super::help;

/// Write a shell's completions to standard output
#[derive(Debug, Args)]
#[command(after_help = help::COMPLETIONS_EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Write manual pages
#[derive(Debug, Args)]
#[command(after_help = help::MAN_EXAMPLES)]
pub(crate) struct ManArgs {
    /// Write every command's page into this folder, instead of the first one to standard output
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}
