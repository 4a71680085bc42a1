//! The command line: one file per command, and what all of them share.

mod budget;
mod direct;
mod download;
mod environment;
mod global;
mod help;
mod ingest;
mod login;
mod put;
mod reference;
mod sandbox;
mod sessions;
mod values;

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, parser::ValueSource};

pub(crate) use self::{
    budget::ApiBudget,
    direct::{EventsArgs, ExcelArgs, MediaArgs, WorkbookArgs},
    download::DownloadArgs,
    global::{ColorChoice, GlobalArgs, OutputFormat},
    ingest::IngestArgs,
    login::LoginArgs,
    put::PutArgs,
    reference::{CompletionsArgs, ManArgs},
    sandbox::{NullEtagChoice, S3Args, SandboxArgs, StorageArgs, StorageKind, TlsArgs},
    sessions::{ResumeArgs, SessionsArgs, SessionsCommand, WhichArgs},
    values::{Concurrency, OrientChoice, PatternChoice, Rate, Size, Verify},
};

/// What was typed.
#[derive(Debug, Parser)]
#[command(
    name = "upload",
    version,
    styles = help::STYLES,
    about = "Gets files onto the platform: ticketing CSVs, audience files of any size, creative media",
    after_help = help::EXAMPLES,
    after_long_help = format!("{}\n\n{}\n\n{}", help::EXAMPLES, help::SETTINGS, help::EXIT_STATUS),
    disable_help_subcommand = true,
    max_term_width = 100,
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Put(PutArgs),
    Media(MediaArgs),
    Excel(ExcelArgs),
    Events(EventsArgs),
    Ingest(IngestArgs),
    Download(DownloadArgs),
    Login(LoginArgs),
    /// Forget the session of the profile
    Logout,
    /// Say who the platform takes us for, and whether it accepts that
    Whoami,
    /// Check settings, network, clock, token and partner, with a remedy for whatever is wrong
    Doctor,
    Sessions(SessionsArgs),
    Sandbox(SandboxArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Where the value of an option came from, as far as the command line knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// Typed.
    Flag,
    /// The environment variable of this name.
    Variable(String),
}

/// Remembers which options were given how; the values themselves stand in [`Cli`].
#[derive(Debug)]
pub(crate) struct Sources(ArgMatches);

impl Sources {
    /// How the option of this id (its field's name) was given; `None` where it was not.
    pub(crate) fn of(&self, id: &str) -> Option<Given> {
        let within = self.0.subcommand().map(|(_, matches)| matches);
        [within, Some(&self.0)].into_iter().flatten().find_map(|matches| {
            // An id that belongs to another command is an error here, not a panic.
            matches.try_contains_id(id).ok()?;
            match matches.value_source(id)? {
                ValueSource::CommandLine => Some(Given::Flag),
                ValueSource::EnvVariable => {
                    Some(Given::Variable(environment::variable(&id.replace('_', "-"))))
                }
                _ => None,
            }
        })
    }

    /// What a pair such as `--validate` and `--no-validate` comes to: one that was typed beats one from the
    /// environment.
    pub(crate) fn switch(&self, yes: Option<bool>, no: bool, no_id: &str) -> Option<bool> {
        match (yes, no) {
            (None, false) => None,
            (Some(yes), false) => Some(yes),
            (None, true) => Some(false),
            (Some(yes), true) => Some(yes && self.of(no_id) != Some(Given::Flag)),
        }
    }
}

/// Reads the command line and the environment.
///
/// # Errors
/// What clap has to say, `--help` and `--version` included.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<(Cli, Sources), clap::Error> {
    let matches = command().try_get_matches_from(arguments).map_err(environment::name_the_variable)?;
    let cli = Cli::from_arg_matches(&matches)?;
    Ok((cli, Sources(matches)))
}

/// The whole command line with its environment variables.
pub(crate) fn command() -> clap::Command {
    environment::attach(definition())
}

/// The whole command line, whatever this process's environment holds.
pub(crate) fn definition() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<(Cli, Sources), clap::Error> {
        parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_definition_is_consistent() {
        command().debug_assert();
    }

    /// There is a way to trust more, and none to trust everything.
    #[test]
    fn nothing_turns_the_check_of_certificates_off() {
        let mut all = vec![definition()];
        while let Some(command) = all.pop() {
            for name in command.get_arguments().filter_map(clap::Arg::get_long) {
                let is_odd =
                    ["insecure", "verify", "tls", "ssl", "cert"].iter().any(|word| name.contains(word));
                assert!(!is_odd || matches!(name, "ca-cert" | "verify"), "--{name}");
            }
            // The sandbox is a server: it has a certificate, and checks none.
            all.extend(command.get_subcommands().filter(|found| found.get_name() != "sandbox").cloned());
        }
        let none = parsed("upload put a --verify none").unwrap().0;
        let Command::Put(put) = none.command else { panic!("{:?}", none.command) };
        assert_eq!(put.verify, Some(Verify::None), "it is about parts' ETags");
    }

    #[test]
    fn options_know_that_they_were_typed() {
        let (cli, sources) = parsed("upload put a.csv --type t --api-url https://h/api").unwrap();
        assert_eq!(sources.of("api_url"), Some(Given::Flag));
        assert_eq!(sources.of("type"), Some(Given::Flag));
        assert_eq!(sources.of("part_size"), None);
        assert_eq!(sources.of("no_such_option"), None);
        assert_eq!(cli.global.api_url.as_deref(), Some("https://h/api"));
    }

    #[test]
    fn the_last_of_a_pair_of_switches_counts() {
        for (line, expected) in [
            ("upload put a", None),
            ("upload put a --validate", Some(true)),
            ("upload put a --no-validate", Some(false)),
            ("upload put a --no-validate --validate", Some(true)),
            ("upload put a --validate --no-validate", Some(false)),
        ] {
            let (cli, sources) = parsed(line).unwrap();
            let Command::Put(put) = cli.command else { panic!("{line}") };
            assert_eq!(sources.switch(put.validate, put.no_validate, "no_validate"), expected, "{line}");
        }
    }

    #[test]
    fn a_token_has_no_option() {
        assert!(parsed("upload put a --token x").is_err());
        assert!(parsed("upload put a --access-token x").is_err());
    }

    #[test]
    fn wrong_usage_ends_with_2() {
        for line in ["upload", "upload nonsense", "upload put", "upload put a --part-size tiny"] {
            assert_eq!(parsed(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
