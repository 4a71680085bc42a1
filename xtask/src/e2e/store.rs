use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// A store started by one of the scripts under `xtask/stores`, which stops it when its standard input is closed: by
/// dropping this, and by the end of this process, however it comes.
pub(super) struct Store {
    script: Child,
    settings: BTreeMap<String, String>,
}

impl Store {
    /// Starts a store that keeps its data in a folder of its own below `data`, with so many free ports as its last
    /// arguments, and waits until it can be used.
    ///
    /// # Errors
    /// When the script gives up; what it says goes to standard error.
    pub(super) fn start(script: &Path, data: &Path, program: Option<&Path>, ports: usize) -> Result<Self> {
        eprintln!("==> starting a store by {}", script.display());
        let arguments = program.map(Path::as_os_str).into_iter().map(OsStr::to_owned);
        let ports = free_ports(ports)?.into_iter().map(|port| port.to_string().into());
        let mut child = Command::new("bash")
            .arg(script)
            .args(arguments.chain(ports))
            .env("UPLOAD_STORE_DATA", data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot be run", script.display()))?;
        let output = child.stdout.take().context("the script's output is piped")?;
        let mut store = Self { script: child, settings: BTreeMap::new() };
        for line in BufReader::new(output).lines() {
            let line = line?;
            if line == "ready" {
                return Ok(store);
            }
            let (name, value) = line.split_once('=').with_context(|| format!("the script says '{line}'"))?;
            store.settings.insert(name.to_owned(), value.to_owned());
        }
        bail!("the store did not start, see above");
    }

    /// The variables that say how to reach it.
    pub(super) fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        if let Err(error) = self.script.wait() {
            eprintln!("warning: the store's script could not be waited for: {error}");
        }
    }
}

/// Ports that are free at this moment. All are held until the last is found, so that none comes twice.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let held: Vec<_> =
        (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<Result<_, _>>()?;
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn script(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sh");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_store_tells_its_settings_and_ends_with_its_handle() {
        let (folder, path) = script("echo PORT=$1\necho ready\ncat >/dev/null\ntouch \"${0%/*}/stopped\"\n");
        let store = Store::start(&path, folder.path(), None, 1).unwrap();
        assert!(store.settings()["PORT"].parse::<u16>().unwrap() > 0);
        drop(store);
        assert!(folder.path().join("stopped").exists());
    }

    #[test]
    fn a_store_that_gives_up_is_an_error() {
        let (folder, path) = script("exit 3\n");
        assert!(
            Store::start(&path, folder.path(), None, 1)
                .is_err_and(|error| error.to_string().contains("did not start"))
        );
    }

    #[test]
    fn ports_are_all_different() {
        let mut ports = free_ports(20).unwrap();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 20);
    }
}
