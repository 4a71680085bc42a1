//! The sandbox whose storage discards what it is sent: the same for every client.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Folders;

const BUCKET: &str = "bench";
/// `USER_HZ`: what `/proc/PID/stat` counts in, the same on every machine that this builds on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running sandbox, which ends with this.
pub(super) struct Server {
    process: Child,
    /// As one would type it.
    pub(super) command: String,
    pub(super) api_url: String,
    pub(super) storage_url: String,
    pub(super) access_token: String,
    pub(super) partner_id: String,
    /// Whom to trust, over TLS.
    pub(super) ca: Option<PathBuf>,
}

/// What `upload --output json sandbox` says of itself.
#[derive(Deserialize)]
struct Announcement {
    api_url: String,
    storage_url: String,
    access_token: String,
    partner_id: String,
    ca_cert: Option<PathBuf>,
}

impl Server {
    pub(super) fn start(upload: &Path, options: &[String], folders: &Folders) -> Result<Self> {
        let log = fs::File::create(folders.logs.join("server.log"))?;
        let mut process = ending_with_us(upload)
            .args(["--output", "json", "sandbox"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be run", upload.display()))?;
        let mut line = String::new();
        let output = process.stdout.take().context("the sandbox's output is piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let said = serde_json::from_str::<Announcement>(&line);
        let said =
            said.with_context(|| format!("the sandbox did not start, see {}", folders.logs.display()))?;
        Ok(Self {
            process,
            command: format!("{} sandbox {}", upload.display(), options.join(" ")),
            api_url: said.api_url,
            storage_url: said.storage_url,
            access_token: said.access_token,
            partner_id: said.partner_id,
            ca: said.ca_cert,
        })
    }

    pub(super) fn bucket(&self) -> &'static str {
        BUCKET
    }

    pub(super) fn bucket_url(&self) -> String {
        format!("{}/{BUCKET}", self.storage_url)
    }

    /// CPU seconds it has spent so far, in hundredths.
    pub(super) fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The program's name, in brackets, may hold blanks; user and system time are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(") ").context("a strange /proc/PID/stat")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS_PER_SECOND)
    }
}

/// The program, told to stop when this process is gone, however it went: a signal ends it without dropping anything.
fn ending_with_us(program: &Path) -> Command {
    // Asking the system for that is for the child to do; util-linux has a program that does and becomes the other.
    let through: [&str; 3] = ["setpriv", "--pdeathsig", "TERM"];
    let can = Command::new(through[0]).args(&through[1..]).arg("true").stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!(
            "warning: without util-linux's setpriv, the sandbox goes on where this is stopped by a signal"
        );
        return Command::new(program);
    }
    let mut command = Command::new(through[0]);
    command.args(&through[1..]).arg(program);
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait().map(drop)) {
            eprintln!("warning: the sandbox could not be stopped: {error}");
        }
    }
}
