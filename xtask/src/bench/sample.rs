//! One run of one client.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::client::Invocation;

/// What a process has cost, as `xtask/bench/src/bin/measure.rs` writes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Sample {
    success: bool,
    status: String,
    /// In seconds, from before it was started until it was waited for.
    pub(super) wall: f64,
    /// In seconds.
    user: f64,
    /// In seconds.
    system: f64,
    /// The peak, in bytes.
    pub(super) rss: u64,
    page_faults: i64,
    waits: i64,
    preempted: i64,
    /// What the server spent meanwhile, in seconds.
    #[serde(default)]
    pub(super) server_cpu: f64,
}

impl Sample {
    /// The client's own CPU time in seconds.
    pub(super) fn cpu(&self) -> f64 {
        self.user + self.system
    }
}

impl Invocation {
    /// As one would type it.
    pub(super) fn command_line(&self) -> String {
        let environment = self.environment.iter().filter(|(name, _)| *name != "FD_ACCESS_TOKEN");
        let mut words: Vec<String> = environment.map(|(name, value)| format!("{name}={value}")).collect();
        words.push(self.program.display().to_string());
        words.extend(self.arguments.iter().cloned());
        if self.stdin != Path::new("/dev/null") {
            words.push(format!("< {}", self.stdin.display()));
        }
        words.join(" ")
    }

    /// Runs it; what it prints goes to a file.
    ///
    /// # Errors
    /// When it fails, with the end of what it printed.
    pub(super) fn run(&self, measure: &Path, log: &Path) -> Result<Sample> {
        let result = log.with_extension("json");
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let status = Command::new(measure)
            .arg(&result)
            .arg(&self.stdin)
            .arg(&self.program)
            .args(&self.arguments)
            // Proxies and settings of whoever measures are no part of it.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", "/nonexistent")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()
            .with_context(|| format!("cannot run {}", measure.display()))?;
        let said = || {
            let text = fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(5)..].join("\n")
        };
        if !status.success() {
            bail!("{status}: {}", said());
        }
        let sample: Sample = serde_json::from_str(&fs::read_to_string(&result)?)?;
        if !sample.success {
            bail!("{}: {}", sample.status, said());
        }
        Ok(sample)
    }
}
