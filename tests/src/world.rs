use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::process::Command;
use upload_sandbox::{Backend, LogEntry, Sandbox, SandboxConfig, SandboxHandle};

use crate::{Finished, Running, binary, store};

/// A sandbox, a home folder of its own, and the files of one test.
pub struct World {
    /// The platform.
    pub sandbox: SandboxHandle,
    home: TempDir,
}

impl World {
    /// A world with a sandbox of this kind; what it stores in files goes when the world goes. Where the environment
    /// names an S3, the sandbox stands in front of it, unless its kind says something else.
    ///
    /// # Panics
    /// When the sandbox does not start.
    pub async fn new(config: SandboxConfig) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        let storage_dir = Some(home.path().join("storage"));
        let backend = match config.backend {
            Backend::BuiltIn => store::behind_worlds(),
            chosen @ (Backend::S3(_) | Backend::Null(_)) => chosen,
        };
        let config = SandboxConfig { storage_dir, backend, ..config };
        let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
        Self { sandbox, home }
    }

    /// Writes a file and returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.home.path().join(name);
        fs::write(&path, content).expect("the file can be written");
        path
    }

    /// Makes a file of so many bytes that occupies no disk.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn sparse_file(&self, name: &str, len: u64) -> PathBuf {
        let path = self.file(name, b"");
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(len))
            .expect("it can grow");
        path
    }

    /// The command, in a bare environment that knows this world's sandbox and nothing else.
    #[must_use]
    pub fn upload(&self) -> Command {
        let mut command = bare(self.home.path());
        command
            .env("FD_BASE_URL", format!("{}/v3", self.sandbox.api_url()))
            .env("FD_CR_URL", self.sandbox.cr_url())
            .env("FD_ACCESS_TOKEN", self.sandbox.access_token())
            .env("FD_PARTNER_ID", self.sandbox.partner_id());
        command
    }

    /// The command with nothing but the platform's address: without a token, a partner or a session.
    #[must_use]
    pub fn stranger(&self) -> Command {
        let mut command = self.upload();
        command.env_remove("FD_ACCESS_TOKEN").env_remove("FD_PARTNER_ID");
        command
    }

    /// Runs the command, without a token of its own, to its end.
    pub async fn run_stranger<S: AsRef<std::ffi::OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Finished {
        Running::start(self.stranger().args(args)).finish().await
    }

    /// Signs in with the sandbox's account; the session is the default profile's from then on.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn sign_in(&self) {
        let mut command = self.stranger();
        command
            .args(["login", "--username", self.sandbox.username()])
            .env("FD_PASSWORD", self.sandbox.password());
        let finished = Running::start(&mut command).finish().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }

    /// The file in which the default profile's session is kept, whether there is one or not.
    #[must_use]
    pub fn session_file(&self) -> PathBuf {
        self.home.path().join("state/upload/accounts/default.json")
    }

    /// How many requests of an operation the platform saw.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.operations().iter().filter(|name| *name == operation).count()
    }

    /// Runs the command with these arguments to its end.
    pub async fn run<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Finished {
        Running::start(self.upload().args(args)).finish().await
    }

    /// The journals of unfinished uploads.
    ///
    /// # Panics
    /// When their folder cannot be read.
    #[must_use]
    pub fn journals(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.home.path().join("state/upload/sessions")) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "journal")).collect()
    }

    /// What the platform saw, in order.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.sandbox.log()
    }

    /// The names of the operations the platform saw, in order.
    #[must_use]
    pub fn operations(&self) -> Vec<String> {
        self.log().iter().map(|entry| entry.operation.name().to_owned()).collect()
    }

    /// The stored bytes of an object.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn stored(&self, object_key: &str) -> Vec<u8> {
        match self.sandbox.backend() {
            Backend::BuiltIn => fs::read(self.sandbox.object_path(object_key)).expect("the object is stored"),
            Backend::S3(_) | Backend::Null(_) => store::read(&self.sandbox, object_key),
        }
    }
}

fn bare(home: &Path) -> Command {
    let mut command = Command::new(binary::upload());
    command
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}
