use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::help;

/// Run the platform's API and an S3 on this machine, for trying things out
#[derive(Debug, Args)]
#[command(after_help = help::SANDBOX_EXAMPLES)]
pub(crate) struct SandboxArgs {
    /// The API's port on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) api_port: u16,

    /// The storage's port on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) storage_port: u16,

    /// Where stored objects lie [default: a fresh folder, which is kept]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}
