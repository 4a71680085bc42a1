use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};

/// How long any one command may take before the test gives up on it; far above what any needs, also for hundreds of
/// files in front of a real store whose disk is busy with other things.
const PATIENCE: Duration = Duration::from_secs(300);

/// The command, running.
pub struct Running(Child);

/// The command, finished.
#[derive(Debug)]
pub struct Finished {
    /// The exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

impl Running {
    /// Starts a command.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("the upload binary starts"))
    }

    /// Its standard input, where it was piped.
    pub fn stdin(&mut self) -> Option<tokio::process::ChildStdin> {
        self.0.stdin.take()
    }

    /// Sends it the signal of a first Ctrl-C.
    ///
    /// # Panics
    /// When it has ended already.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        let process = id.and_then(rustix::process::Pid::from_raw).expect("the command is running");
        rustix::process::kill_process(process, rustix::process::Signal::INT).expect("it takes the signal");
    }

    /// Its process id.
    ///
    /// # Panics
    /// When it has ended already.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id().expect("the command is running")
    }

    /// Whether it runs still.
    ///
    /// # Panics
    /// When the system cannot tell.
    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().expect("the system knows its children").is_none()
    }

    /// Kills it, as `kill -9` does: it gets no chance to do anything. One that has just ended has ended.
    pub fn kill(&mut self) {
        let _ = self.0.start_kill();
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn finish(self) -> Finished {
        let output = tokio::time::timeout(PATIENCE, self.0.wait_with_output());
        let output = output.await.expect("the command ends").expect("its output can be read");
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// The JSON events on standard output.
    ///
    /// # Panics
    /// When a line is not JSON.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).expect("every line of --output json is JSON");
        self.stdout.lines().map(parse).collect()
    }

    /// The events of one name.
    #[must_use]
    pub fn events_named(&self, name: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["event"] == name).collect()
    }

    /// The result of a single file.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[must_use]
    pub fn result(&self) -> Value {
        let mut results = self.events_named("result");
        assert_eq!(results.len(), 1, "{self:?}");
        results.remove(0)
    }

    /// Everything it wrote.
    #[must_use]
    pub fn all_output(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

/// Looks again and again until it is so: what is awaited happens in another process, on its own time.
///
/// # Panics
/// When it never is.
pub async fn wait_for(condition: impl Fn() -> bool) {
    let look = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("what is awaited happens");
}
