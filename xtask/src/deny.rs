//! Licences, banned crates and sources, and known security advisories, by cargo-deny and `deny.toml`.

use anyhow::{Context, Result, bail};
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

/// Checks the dependency graph against the public database of security advisories, which is fetched from the network: no
/// part of CI, whose machines may have none.
///
/// # Errors
/// When a dependency has a known flaw, or the database cannot be had: what was not checked is not called clean.
pub(crate) fn advisories(sh: &Shell) -> Result<()> {
    let cargo_deny = tools::cargo_installed(sh, "cargo-deny", VERSION)?;
    if cmd!(sh, "{cargo_deny} --locked --all-features --workspace fetch db").run().is_err() {
        bail!(
            "the advisory database cannot be fetched, so NOTHING WAS CHECKED\n  next: run `cargo xtask advisories` on a \
             machine that reaches the database's git repository, which the lines above name"
        );
    }
    cmd!(sh, "{cargo_deny} --locked --all-features --workspace check --disable-fetch advisories").run()?;
    Ok(())
}
