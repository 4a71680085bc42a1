//! Threads for large uploads.

use std::thread::available_parallelism;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::{
    error::{CliError, ErrorKind},
    platform::Load,
};

/// Less than this, in bytes, is sent by the main thread alone: waking another takes longer.
const WORTH_THREADS: u64 = 32 * 1024 * 1024;
/// And so are files that are smaller than this on average, however many there are.
const LARGE_FILE: u64 = 1024 * 1024;
/// More threads than this bring nothing: each encrypts and sends some gigabytes a second.
const MOST: usize = 4;

/// The threads that move large uploads' bytes, beside the main one, which decides what is to be sent. They end with this.
#[derive(Debug)]
pub(crate) struct Workers(Option<Runtime>);

impl Workers {
    /// As many as the load is worth, perhaps none.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(load: Load) -> Result<Self, CliError> {
        let bytes = load.bytes.unwrap_or(u64::MAX);
        if bytes < WORTH_THREADS || bytes / load.files.max(1) < LARGE_FILE {
            return Ok(Self(None));
        }
        let threads = available_parallelism().map_or(MOST, |threads| threads.get().min(MOST));
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("storage")
            .enable_all()
            .build()
            .map_err(|error| {
                let message = format!("no threads to send with: {error}");
                CliError::new(ErrorKind::Unexpected, message).hint("raise the limit of processes (ulimit -u)")
            })?;
        Ok(Self(Some(runtime)))
    }

    pub(crate) fn handle(&self) -> Option<Handle> {
        self.0.as_ref().map(|runtime| runtime.handle().clone())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // What still runs on it belongs to nobody, and waiting is not allowed here.
            runtime.shutdown_background();
        }
    }
}
