//! What the stores and the second client need.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::{tools, workspace};

/// The daemons of a small cluster, its tools and its S3 gateway: about 70 MB.
const CEPH: [&str; 4] = ["ceph-mon", "ceph-osd", "radosgw", "ceph-common"];
/// The release whose answers the documentation describes.
const GARAGE: &str = "2.5.0";
/// The second client: an S3 client that shares nothing with ours.
const BOTO3: &str = "boto3==1.44.8";

/// Installs Ceph's packages where a program of them is missing.
pub(super) fn ceph(sh: &Shell) -> Result<()> {
    let programs =
        ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "ceph-authtool", "monmaptool"];
    if programs.iter().all(|program| tools::is_installed(program)) {
        return Ok(());
    }
    eprintln!("installing {}", CEPH.join(", "));
    let hint = "Ceph needs Debian's packages and root; `--s3 garage` needs neither";
    // Without them, a machine that leads nowhere keeps apt waiting for many minutes.
    let patience =
        ["-oAcquire::http::Timeout=20", "-oAcquire::https::Timeout=20", "-oDPkg::Lock::Timeout=120"];
    cmd!(sh, "apt-get update -qq {patience...}").run().context(hint)?;
    cmd!(sh, "apt-get install -qq -y --no-install-recommends {patience...} {CEPH...}")
        .env("DEBIAN_FRONTEND", "noninteractive")
        // Half a thousand lines on what is unpacked.
        .ignore_stdout()
        .run()
        .context(hint)
}

/// Garage in `target/tools`.
pub(super) fn garage(sh: &Shell) -> Result<PathBuf> {
    tools::cargo_installed(sh, "garage", GARAGE)
        .context("Garage could not be built; `--s3 ceph` needs no build")
}

/// A Python with boto3: the machine's own, or one in `target/tools/python`.
pub(super) fn python(sh: &Shell) -> Result<PathBuf> {
    if cmd!(sh, "python3 -c 'import boto3'").quiet().ignore_stderr().run().is_ok() {
        return Ok("python3".into());
    }
    let home = workspace::target_dir(sh).join("tools/python");
    let python = home.join("bin/python");
    if cmd!(sh, "{python} -m pip show -qq boto3").quiet().ignore_stderr().run().is_ok() {
        return Ok(python);
    }
    eprintln!("{BOTO3} goes into {}", home.display());
    let hint = "boto3, which reads the objects back, could not be installed; install it for python3, or \
                python3's venv";
    cmd!(sh, "python3 -m venv --clear {home}").run().context(hint)?;
    cmd!(sh, "{python} -m pip install -qq --disable-pip-version-check {BOTO3}").run().context(hint)?;
    Ok(python)
}
