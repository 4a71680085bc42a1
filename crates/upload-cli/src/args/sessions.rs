use clap::{Args, Subcommand};

use super::{Concurrency, Rate, help};

/// Unfinished uploads on this machine
#[derive(Debug, Args)]
#[command(after_help = help::SESSIONS_EXAMPLES)]
pub(crate) struct SessionsArgs {
    #[command(subcommand)]
    pub(crate) command: SessionsCommand,
}

/// What to do with them.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// Show them; asks nobody
    List,
    /// Go on with them, as the `put` that began them would
    Resume(ResumeArgs),
    /// Give them up on the platform
    Abort(AbortArgs),
    /// Clear away those that are over, and give up those whose URLs are over
    Prune(PruneArgs),
}

/// Which ones.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// Their ids, or enough of each to tell it from the others
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) ids: Vec<String>,

    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
}

/// How to go on.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,

    /// How many parts are in flight at once, over all files: a number, or auto [default: auto]
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<Concurrency>,

    /// Send no faster than this, over all files, such as 10MiB/s
    #[arg(long, value_name = "SIZE/s")]
    pub(crate) limit_rate: Option<Rate>,
}

/// Which to give up.
#[derive(Debug, Args)]
pub(crate) struct AbortArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
}

/// How far to go.
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Forget those with ended URLs, and damaged ones, even where the platform cannot be told
    #[arg(long)]
    pub(crate) force: bool,
}
