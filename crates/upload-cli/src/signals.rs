//! Ctrl-C and SIGTERM: the first asks to stop, the second leaves at once.

use std::io;

use tokio_util::sync::CancellationToken;

use crate::{
    error::{CliError, ErrorKind},
    output::Screen,
};

/// How long the last line may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(200);

/// Watches for signals from here on: the token is cancelled by the first, with a line that says what happens.
///
/// # Errors
/// When the system does not let this process watch.
pub(crate) fn watch(screen: &Screen, on_first: &'static str) -> Result<CancellationToken, CliError> {
    let unwatchable = |error: io::Error| {
        CliError::new(ErrorKind::Unexpected, format!("signals cannot be watched: {error}"))
    };
    // On a thread of its own: the main one may be looking at a hundred thousand files, or be stuck in writing to a pipe that
    // nobody reads, and that is when somebody wants to leave.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unwatchable)?;
    let entered = runtime.enter();
    let mut signals = Signals::new().map_err(unwatchable)?;
    drop(entered);
    let (token, screen) = (CancellationToken::new(), screen.clone());
    let watched = token.clone();
    let watching = move || {
        runtime.block_on(async move {
            signals.next().await;
            // Before the line, which may have to wait for whoever holds standard error.
            watched.cancel();
            screen.note(on_first);
            signals.next().await;
            leave(&screen);
        });
    };
    std::thread::Builder::new().name("signals".into()).spawn(watching).map_err(unwatchable)?;
    Ok(token)
}

fn leave(screen: &Screen) {
    let screen = screen.clone();
    // The last word must not keep anybody: standard error may be what is stuck.
    let said = std::thread::spawn(move || {
        screen.note("left at once; what was under way may be left open on the platform");
    });
    let patience = std::time::Instant::now() + PATIENCE;
    while !said.is_finished() && std::time::Instant::now() < patience {
        std::thread::sleep(PATIENCE / 20);
    }
    std::process::exit(ErrorKind::Cancelled.exit_status().into());
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
