//! What the programs that `cargo xtask bench` compares have in common. Each is called as `PROGRAM BASE-URL PATH`, where the
//! URL is `http://HOST:PORT/BUCKET`, and uploads the file, or all files of the folder, in its own way. Over TLS, the
//! certificate authority to trust stands in `SSL_CERT_FILE`.

mod parts;
mod target;

pub use parts::{Part, Parts};
pub use target::{Target, end_put};

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// How much is read and sent at once, in bytes.
pub const CHUNK: usize = 256 * 1024;
/// The parts of the programs that send in parts, in bytes.
pub const PART: u64 = 8 * 1024 * 1024;
/// How many parts the peers have in flight.
pub const IN_FLIGHT: usize = 8;

/// The target and the files, from the command line.
///
/// # Errors
/// When it is not `PROGRAM BASE-URL PATH`, or there is no file.
pub fn arguments() -> Result<(Target, Vec<PathBuf>)> {
    let usage = "usage: PROGRAM BASE-URL PATH";
    let mut arguments = std::env::args_os().skip(1);
    let target = arguments.next().context(usage)?.to_str().context("the URL is not text")?.parse()?;
    let path = PathBuf::from(arguments.next().context(usage)?);
    if !path.is_dir() {
        return Ok((target, vec![path]));
    }
    let entries = path.read_dir()?.map(|entry| Ok(entry?.path()));
    let files: Vec<PathBuf> = entries.collect::<Result<_>>()?;
    ensure!(!files.is_empty(), "{} is empty", path.display());
    Ok((target, files))
}

/// The key of a file: its name.
///
/// # Errors
/// When it has none, or one that is not text.
pub fn key(file: &std::path::Path) -> Result<&str> {
    file.file_name().and_then(|name| name.to_str()).with_context(|| format!("{} has no name", file.display()))
}
