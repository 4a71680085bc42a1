//! Licences, banned crates and sources, by cargo-deny and `deny.toml`.

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::tools;

/// The release whose configuration format `deny.toml` is written in.
const VERSION: &str = "0.20.2";

/// Checks the whole dependency graph, features included; installs cargo-deny first where it is missing.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let cargo_deny = tools::cargo_installed(sh, "cargo-deny", VERSION)
        .context("without a network, `--skip deny` leaves this step out")?;
    cmd!(sh, "cargo fetch --locked").run()?;
    // Offline from here on: everything it reads is in the lock file and in Cargo's cache.
    cmd!(sh, "{cargo_deny} --locked --offline --all-features --workspace check licenses bans sources")
        .run()?;
    Ok(())
}
