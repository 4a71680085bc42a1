//! The `upload` command, as a library so that its parts can be tested: `main` reads the command line and the
//! settings, and hands over to one module per command.

mod account;
mod args;
mod commands;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod ingest;
mod journal;
mod output;
mod platform;
mod preflight;
mod settings;
mod signals;
mod workers;

use std::process::ExitCode;

pub use self::error::{CliError, ErrorKind};
use self::{
    args::{Cli, OutputFormat, Sources},
    commands::{Ending, Session},
    output::{Look, Screen},
    settings::Settings,
};

/// Runs the command line this process was started with, and answers its exit status.
#[must_use]
pub fn main() -> ExitCode {
    let (cli, sources) = match args::parse(std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(error) => {
            output::print_usage_error(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1));
        }
    };
    output::set_colors(cli.global.color.unwrap_or_default());
    let screen = Screen::new();
    output::start_logging(&screen, cli.global.quiet, cli.global.verbose);
    let status = match run(cli, sources, &screen) {
        Ok(Ending::Done) => 0,
        Ok(Ending::Reported(kind)) => kind.exit_status(),
        Err((error, format)) => {
            let error_look = Look { format, quiet: false, progress: false };
            error_look.reporter(&screen).fail(&error);
            error.kind.exit_status()
        }
    };
    match status {
        0 if screen.lost_results() => ExitCode::from(ErrorKind::Unexpected.exit_status()),
        status => ExitCode::from(status),
    }
}

fn run(cli: Cli, sources: Sources, screen: &Screen) -> Result<Ending, (CliError, OutputFormat)> {
    let Cli { global, command } = cli;
    if let Some(ended) = commands::run_without_settings(screen, &command) {
        return ended.map_err(|error| (error, global.output.unwrap_or_default()));
    }
    let settings =
        Settings::load(&global, sources).map_err(|error| (error, global.output.unwrap_or_default()))?;
    if let (None, Some(choice)) = (global.color, settings.profile().color) {
        output::set_colors(choice);
    }
    let format = settings.output(&global);
    let reporter = Look::of(&global, format, screen).reporter(screen);
    // One thread decides what is sent, and sends what is small: handing it to another costs more. Large uploads have threads of
    // their own (`workers`), and a sandbox is a server.
    let is_server = global.sandbox || matches!(command, args::Command::Sandbox(_));
    let mut runtime = match is_server {
        true => tokio::runtime::Builder::new_multi_thread(),
        false => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(|error| {
        (CliError::new(ErrorKind::Unexpected, format!("the async runtime cannot start: {error}")), format)
    })?;
    let session = Session { global, settings, format, screen: screen.clone(), reporter };
    let ending = runtime.block_on(commands::run(&session, command));
    // A thread may be waiting for standard input, which nobody may ever close.
    runtime.shutdown_background();
    ending.map_err(|error| (error, format))
}
