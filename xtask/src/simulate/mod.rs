//! `cargo xtask simulate`: stories of uploads through all sorts of trouble, many more than a test run tells.

mod planted;
mod table;

use std::path::Path;

use anyhow::{Context, Result};
use xshell::{Cmd, Shell, cmd};

use crate::workspace;

/// The test that tells them, in upload-core.
const TEST: &str = "every_story_ends_well";
/// Read by it.
const SEED: &str = "SIMULATE_SEED";
const FROM: &str = "SIMULATE_FROM";
const SEEDS: &str = "SIMULATE_SEEDS";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many seeds
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    from: u64,
    /// This one alone, with all that happens
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Take one safeguard after the other out of a copy of the sources, and see that the simulation finds out
    #[arg(long, conflicts_with_all = ["seeds", "from", "seed"])]
    planted: bool,
}

/// Runs the simulation, optimised and on all cores.
///
/// # Errors
/// When a story goes wrong, or a safeguard that was taken out is not missed.
pub(crate) fn run(sh: &Shell, args: &Args) -> Result<()> {
    let target = workspace::target_dir(sh);
    if args.planted {
        return planted::run(sh, &target);
    }
    let (from, seeds) = (args.from.to_string(), args.seeds.to_string());
    let told = tests(sh, "simulate", &sh.current_dir(), &target).args(["--", "--exact", TEST, "--nocapture"]);
    let told = match args.seed {
        Some(seed) => told.env(SEED, seed.to_string()),
        None => told.env(FROM, from).env(SEEDS, seeds),
    };
    told.run().context("a story went wrong; its last lines above say which, and how to hear it again")
}

/// The simulation of a workspace, built with this profile.
fn tests<'a>(sh: &'a Shell, profile: &str, workspace: &Path, target: &Path) -> Cmd<'a> {
    let manifest = workspace.join("Cargo.toml");
    let build = ["--locked", "--profile", profile, "--package", "upload-core", "--test", "simulation"];
    cmd!(sh, "cargo test {build...} --manifest-path {manifest} --target-dir {target}")
}
