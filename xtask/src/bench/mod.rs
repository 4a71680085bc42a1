//! `cargo xtask bench`: what the client costs, beside its peers and beside the least that is possible.

mod case;
mod client;
mod data;
mod install;
mod json;
mod links;
mod machine;
mod report;
mod rounds;
mod sample;
mod server;
mod statistics;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use xshell::Shell;

use self::{case::Case, client::Client, install::Tools, machine::Machine};
use crate::workspace;

const MIB: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measure this case (repeatable); all but `linear` and `links` otherwise
    #[arg(long = "case", value_enum, value_name = "CASE")]
    cases: Vec<Case>,
    /// Measure this client (repeatable); all otherwise
    #[arg(long = "client", value_enum, value_name = "CLIENT")]
    clients: Vec<Client>,
    /// How often every client runs, after one warm-up; over links, without one [default: 11; over links 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// How large large files are, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(1..))]
    size: u64,
    /// Measure this build of the client, which is the sandbox too, instead of making one
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    upload: Option<PathBuf>,
    /// How long a link would take for the file sent over it, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    link_seconds: u64,
    /// A quick look: 3 rounds, 256 MiB
    #[arg(long, conflicts_with_all = ["rounds", "size"])]
    quick: bool,
}

impl Args {
    fn rounds(&self) -> u32 {
        if self.quick { 3 } else { self.rounds.unwrap_or(11) }
    }

    /// In bytes.
    fn size(&self) -> u64 {
        MIB * if self.quick { 256 } else { self.size }
    }

    fn cases(&self) -> Vec<Case> {
        if self.cases.is_empty() { Case::usual() } else { self.cases.clone() }
    }

    fn wants(&self, client: Client) -> bool {
        self.clients.is_empty() || self.clients.contains(&client)
    }
}

/// Where everything of this task lies.
struct Folders {
    data: PathBuf,
    logs: PathBuf,
    state: PathBuf,
    results: PathBuf,
}

impl Folders {
    fn below(bench: PathBuf) -> Result<Self> {
        let folders = Self {
            data: bench.join("data"),
            logs: bench.join("logs"),
            state: bench.join("state"),
            results: bench,
        };
        for folder in [&folders.data, &folders.logs, &folders.state] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        Ok(folders)
    }
}

/// Installs what is missing, measures every case, and writes `report.md` and `report.json` to `target/bench`, anew after
/// each case.
///
/// # Errors
/// When the client or what it is measured against cannot be built, or a run of the client itself fails.
pub(crate) fn run(sh: &Shell, args: &Args) -> Result<()> {
    if cfg!(not(target_os = "linux")) {
        bail!("the floors and the accounting are Linux's: measure there");
    }
    let folders = Folders::below(workspace::target_dir(sh).join("bench"))?;
    let tools = Tools::install(sh, args.upload.as_deref())?;
    let mut machine = Machine::read(sh, &tools)?;
    let (mut measured, mut links) = (Vec::new(), Vec::new());
    for case in args.cases() {
        eprintln!("==> {}", case.title(args.size()));
        match case {
            Case::Links => links = links::run(args, &tools, &folders)?,
            _ => measured.push(rounds::run(case, args, &tools, &folders)?),
        }
        machine.read_load_again()?;
        let report = format!("{}{}", report::markdown(&machine, &measured), links::markdown(&links));
        // Commands as they are typed in the workspace's root.
        let report = report.replace(&format!("{}/", sh.current_dir().display()), "");
        std::fs::write(folders.results.join("report.md"), &report)?;
        std::fs::write(folders.results.join("report.json"), json::report(&machine, &measured, &links)?)?;
    }
    eprintln!("written to {}", folders.results.join("report.{md,json}").display());
    Ok(())
}
