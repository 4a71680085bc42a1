//! Licences, banned crates and sources, by cargo-deny and `deny.toml`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::workspace;

/// The release whose configuration format `deny.toml` is written in.
const VERSION: &str = "0.20.2";

/// Checks the whole dependency graph, features included; installs cargo-deny first where it is missing.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let cargo_deny = installed(sh)?;
    cmd!(sh, "cargo fetch --locked").run()?;
    // Offline from here on: everything it reads is in the lock file and in Cargo's cache.
    cmd!(sh, "{cargo_deny} --locked --offline --all-features --workspace check licenses bans sources")
        .run()?;
    Ok(())
}

/// cargo-deny in `target/tools`, where it stays until `cargo clean`.
fn installed(sh: &Shell) -> Result<PathBuf> {
    let tools = workspace::target_dir(sh).join("tools");
    let binary = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    let found = cmd!(sh, "{binary} --version").quiet().ignore_stderr().read();
    if found.is_ok_and(|version| is_wanted(&version)) {
        return Ok(binary);
    }
    eprintln!("cargo-deny {VERSION} goes into {}; this takes some minutes, once", tools.display());
    cmd!(sh, "cargo install cargo-deny --version {VERSION} --locked --force --root {tools}")
        .env("CARGO_TARGET_DIR", tools.join("build"))
        .run()
        .context(
            "cargo-deny could not be installed; without a network, `--skip deny` leaves this step out",
        )?;
    sh.remove_path(tools.join("build"))?;
    Ok(binary)
}

fn is_wanted(version: &str) -> bool {
    version.split_whitespace().nth(1) == Some(VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_release_counts_as_installed() {
        assert!(is_wanted(&format!("cargo-deny {VERSION}")));
        assert!(!is_wanted("cargo-deny 0.19.0"));
        assert!(!is_wanted(""));
    }
}
