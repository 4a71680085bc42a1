use clap::Args;

use super::help;

/// Sign in, and keep the session for the profile
#[derive(Debug, Args)]
#[command(after_help = help::LOGIN_EXAMPLES)]
pub(crate) struct LoginArgs {
    /// Who signs in; asked for on a terminal [env: FD_USERNAME]
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,

    /// Read the password from standard input; else it comes from FD_PASSWORD, or is asked for on a terminal
    #[arg(long)]
    pub(crate) password_stdin: bool,
}
