//! Where the workspace lies and what is in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// A shell whose current folder is the workspace's root, wherever the task was called from.
pub(crate) fn shell() -> Result<Shell> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies below the workspace's root")?;
    let sh = Shell::new()?;
    sh.change_dir(root);
    Ok(sh)
}

/// Cargo's build folder for this workspace.
pub(crate) fn target_dir(sh: &Shell) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => sh.current_dir().join(dir),
        None => sh.current_dir().join("target"),
    }
}

/// One of the project's own text files.
pub(crate) struct SourceFile {
    /// Relative to the workspace's root, with forward slashes.
    pub(crate) path: String,
    /// The whole of it.
    pub(crate) text: String,
}

impl SourceFile {
    /// Whether the file's name ends in `.` and this.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// Every text file that git tracks or would track, in order of its path; binary files are left out.
pub(crate) fn source_files(sh: &Shell) -> Result<Vec<SourceFile>> {
    let listing = cmd!(sh, "git ls-files -z --cached --others --exclude-standard").quiet().read()?;
    let mut paths: Vec<&str> = listing.split('\0').filter(|path| !path.is_empty()).collect();
    paths.sort_unstable();
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = match std::fs::read(sh.current_dir().join(path)) {
            Ok(bytes) => bytes,
            // Deleted in the work tree, and git has not been told yet.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
        };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile { path: path.to_owned(), text });
        }
    }
    Ok(files)
}
