//! Programs that tasks need and this workspace does not build.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::workspace;

/// A program of a crate of the same name and release, in `target/tools`, where it stays until `cargo clean`. It is
/// built there first where it is missing.
///
/// # Errors
/// When it cannot be built.
pub(crate) fn cargo_installed(sh: &Shell, name: &str, release: &str) -> Result<PathBuf> {
    let tools = workspace::target_dir(sh).join("tools");
    let binary = tools.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let found = cmd!(sh, "{binary} --version").quiet().ignore_stderr().read();
    if found.is_ok_and(|version| is_release(&version, release)) {
        return Ok(binary);
    }
    eprintln!("{name} {release} goes into {}; this takes some minutes, once", tools.display());
    let build = tools.join(format!("build-{name}"));
    cmd!(sh, "cargo install {name} --version {release} --locked --force --root {tools}")
        .env("CARGO_TARGET_DIR", &build)
        .run()
        .with_context(|| format!("{name} could not be installed"))?;
    sh.remove_path(build)?;
    Ok(binary)
}

/// Whether a program of this name is on the search path.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Reads the second word, as in `cargo-deny 0.20.2` or `garage cargo:2.5.0 [features: …]`.
fn is_release(version: &str, wanted: &str) -> bool {
    let word = version.split_whitespace().nth(1).unwrap_or_default();
    word.rsplit_once(':').map_or(word, |(_, release)| release) == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_release_counts_as_installed() {
        assert!(is_release("cargo-deny 0.20.2", "0.20.2"));
        assert!(is_release("garage cargo:2.5.0 [features: lmdb]", "2.5.0"));
        assert!(!is_release("cargo-deny 0.19.0", "0.20.2"));
        assert!(!is_release("", "0.20.2"));
    }

    #[test]
    fn a_program_is_looked_for_on_the_search_path() {
        assert!(is_installed("sh"));
        assert!(!is_installed("no-such-program"));
    }
}
