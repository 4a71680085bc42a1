//! Development tasks, run as `cargo xtask TASK`; one file per task.

mod bench;
mod ci;
mod deny;
mod e2e;
mod examples;
mod fuzz;
mod reference;
mod simulate;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use e2e::Unavailable;

use clap::{Parser, Subcommand};

/// What `sysexits.h` calls `EX_TEMPFAIL`, for a task that this machine has not what it takes for: neither done nor failed.
const UNAVAILABLE: u8 = 75;

/// Development tasks for this workspace
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure what the client costs, beside its peers and the least that is possible
    Bench(bench::Args),
    /// Run every check a change has to pass, stopping at the first that fails
    Ci(ci::Args),
    /// Check all dependencies for known security flaws; needs the network, and is no part of `ci`
    Advisories,
    /// Run the whole-flow tests, with the sandbox's own storage or in front of a real S3
    E2e(e2e::Args),
    /// Tell the stories of many seeds: uploads through faults, crashes and power failures, in virtual time
    Simulate(simulate::Args),
    /// Search for inputs that the parsers of foreign bytes cannot take, with libFuzzer
    Fuzz(fuzz::Args),
    /// Check what the compiler does not: sizes, layers, documentation, markers, links
    Tidy,
    /// Write manual pages and shell completions into target/man and target/completions
    Reference,
}

fn main() -> ExitCode {
    // Not returned as an error: under RUST_BACKTRACE the trace would bury what to do next.
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            if error.is::<Unavailable>() { ExitCode::from(UNAVAILABLE) } else { ExitCode::FAILURE }
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let sh = workspace::shell()?;
    match task {
        Task::Bench(args) => bench::run(&sh, &args),
        Task::Ci(args) => ci::run(&sh, &args),
        Task::Advisories => deny::advisories(&sh),
        Task::E2e(args) => e2e::run(&sh, &args),
        Task::Simulate(args) => simulate::run(&sh, &args),
        Task::Fuzz(args) => fuzz::run(&sh, &args),
        Task::Tidy => tidy::run(&sh),
        Task::Reference => reference::run(&sh),
    }
}
