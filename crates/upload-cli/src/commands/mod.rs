//! One module per command.

mod batch;
mod direct;
mod doctor;
mod download;
mod ingest;
mod login;
mod logout;
mod put;
mod reference;
mod sandbox;
mod sessions;
mod tally;
mod whoami;

#[cfg(any(test, fuzzing))]
pub(crate) use self::put::manifest_line_holds;
use serde::Serialize;

use crate::{
    args::{Command, GlobalArgs, OutputFormat},
    error::{CliError, ErrorKind},
    output::{Reporter, Screen},
    settings::Settings,
};

/// How often what moves is drawn anew.
const TICK: std::time::Duration = std::time::Duration::from_millis(100);

/// What every command is given.
pub(crate) struct Session {
    pub(crate) global: GlobalArgs,
    pub(crate) settings: Settings,
    pub(crate) format: OutputFormat,
    pub(crate) screen: Screen,
    pub(crate) reporter: Box<dyn Reporter>,
}

impl Session {
    /// Writes a result that is no file's: for programs the event, for people these lines.
    fn event(&self, event: &impl Serialize, lines: impl FnOnce() -> Vec<String>) {
        match self.format {
            OutputFormat::Human => lines().iter().for_each(|line| self.screen.result(line)),
            OutputFormat::Json => match serde_json::to_string(event) {
                Ok(line) => self.screen.result(&line),
                Err(error) => {
                    self.screen.note(&format!("error: a result could not be written as JSON: {error}"));
                }
            },
        }
    }
}

/// How a command ended, when it ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything asked for is done.
    Done,
    /// It failed, and has said so already.
    Reported(ErrorKind),
}

/// Runs a command.
///
/// # Errors
/// What keeps it from even beginning; what happens to single files it reports itself.
pub(crate) async fn run(session: &Session, command: Command) -> Result<Ending, CliError> {
    match command {
        Command::Put(args) => put::run(session, args).await,
        Command::Media(args) => direct::run(session, direct::Order::media(args)).await,
        Command::Excel(args) => direct::run(session, direct::Order::excel(args)).await,
        Command::Events(args) => direct::run(session, direct::Order::events(args)).await,
        Command::Ingest(args) => ingest::run(session, args).await,
        Command::Download(args) => download::run(session, args).await,
        Command::Login(args) => login::run(session, args).await,
        Command::Logout => logout::run(session).await,
        Command::Doctor => doctor::run(session).await,
        Command::Whoami => whoami::run(session).await,
        Command::Sessions(args) => sessions::run(session, args).await,
        Command::Sandbox(args) => sandbox::run(session, args).await,
        Command::Completions(args) => reference::completions(&session.screen, &args),
        Command::Man(args) => reference::man(&session.screen, &args),
    }
}

/// Runs a command that needs no settings, and so must not fail over them; `None` for others.
pub(crate) fn run_without_settings(screen: &Screen, command: &Command) -> Option<Result<Ending, CliError>> {
    match command {
        Command::Completions(args) => Some(reference::completions(screen, args)),
        Command::Man(args) => Some(reference::man(screen, args)),
        _ => None,
    }
}
