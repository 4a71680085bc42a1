use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, ValueHint};
use serde::Deserialize;

use super::{ApiBudget, sandbox::FaultArgs};

/// Options of every command.
///
/// URLs and ids stay text here: where they are resolved, a complaint can also say which setting it was.
#[derive(Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Run against a sandbox inside this process: nothing to install, nothing to configure
    #[arg(long, global = true, help_heading = "Platform")]
    pub(crate) sandbox: bool,

    #[command(flatten)]
    pub(crate) faults: FaultArgs,

    /// The profile of the config file to use
    #[arg(long, global = true, value_name = "NAME", help_heading = "Platform")]
    pub(crate) profile: Option<String>,

    /// The API's base URL [env: FD_BASE_URL]
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url, help_heading = "Platform")]
    pub(crate) api_url: Option<String>,

    /// The CR API's base URL [env: FD_CR_URL]
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url, help_heading = "Platform")]
    pub(crate) cr_url: Option<String>,

    /// The partner to act for [env: FD_PARTNER_ID]
    #[arg(long, global = true, value_name = "ID", help_heading = "Platform")]
    pub(crate) partner: Option<String>,

    /// Send the token unencrypted where the URL says http://, for all on the way to read
    #[arg(long, global = true, help_heading = "Network")]
    pub(crate) allow_plain_http: bool,

    /// Trust this certificate authority as well (PEM)
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Network")]
    pub(crate) ca_cert: Option<PathBuf>,

    /// Go through this proxy
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url, help_heading = "Network")]
    pub(crate) proxy: Option<String>,

    /// Give a connection up when no byte has moved for this long [default: 30s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = humantime::parse_duration, help_heading = "Network")]
    pub(crate) timeout: Option<Duration>,

    /// The pace of API writes, such as 60/min; reads may be five times that [default: 120/min]
    #[arg(long, global = true, value_name = "N/SPAN|off", help_heading = "Network")]
    pub(crate) api_budget: Option<ApiBudget>,

    /// How results are written: lines for people, or one JSON object a line
    #[arg(long, global = true, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) output: Option<OutputFormat>,

    /// Results and errors only
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Say more: -v what happens, -vv every request
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,

    /// No progress bars
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) no_progress: bool,

    /// Colours: where a terminal is, always or never
    #[arg(long, global = true, value_enum, value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: Option<ColorChoice>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputFormat {
    /// For people
    #[default]
    Human,
    /// One JSON object a line
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Even into a file
    Always,
    /// Not even on a terminal
    Never,
}
