use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use indicatif::{MultiProgress, ProgressDrawTarget};

/// The two standard streams, with progress bars at the foot of standard error that no line may tear.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    bars: MultiProgress,
    /// Somebody watches standard error, so there may be bars.
    watched: bool,
    /// Standard output can no longer be written to, for another reason than that nobody reads it.
    broken: Arc<AtomicBool>,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { bars, watched: console::user_attended_stderr(), broken: Arc::default() }
    }

    /// Whether somebody watches standard error.
    pub(crate) fn is_interactive(&self) -> bool {
        self.watched
    }

    /// Whether somebody watches standard output.
    pub(crate) fn shows_results(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// The bars, to add to.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Writes a result. A reader that has gone away is no reason to stop an upload: the line is dropped.
    pub(crate) fn result(&self, line: &str) {
        let written = self.between_bars(|| {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush())
        });
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
            && !self.broken.swap(true, Relaxed)
        {
            self.note(&format!("error: standard output cannot be written to: {error}"));
        }
    }

    /// Writes a line to standard error. Where that fails there is nobody left to tell.
    pub(crate) fn note(&self, line: &str) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Writes bytes to standard error as they are, as logs do.
    pub(crate) fn write(&self, bytes: &[u8]) {
        self.between_bars(|| {
            let _nobody_to_tell = io::stderr().lock().write_all(bytes);
        });
    }

    /// Has the bars out of the way for a moment. Where there are none, asking them costs a system call each time.
    fn between_bars<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.watched { self.bars.suspend(write) } else { write() }
    }

    /// Whether a result was lost.
    pub(crate) fn lost_results(&self) -> bool {
        self.broken.load(Relaxed)
    }
}
