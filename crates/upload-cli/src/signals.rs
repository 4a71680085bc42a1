//! Ctrl-C and SIGTERM: the first asks to stop, the second leaves at once.

use std::io;

use tokio_util::sync::CancellationToken;

use crate::{
    error::{CliError, ErrorKind},
    output::Screen,
};

/// Watches for signals from here on: the token is cancelled by the first, with a line that says what happens.
///
/// # Errors
/// When the system does not let this process watch.
pub(crate) fn watch(screen: &Screen, on_first: &'static str) -> Result<CancellationToken, CliError> {
    let mut signals = Signals::new().map_err(|error| {
        CliError::new(ErrorKind::Unexpected, format!("signals cannot be watched: {error}"))
    })?;
    let (token, screen) = (CancellationToken::new(), screen.clone());
    let watched = token.clone();
    tokio::spawn(async move {
        signals.next().await;
        screen.note(on_first);
        watched.cancel();
        signals.next().await;
        screen.note("left at once; what was under way may be left open on the platform");
        std::process::exit(ErrorKind::Cancelled.exit_status().into());
    });
    Ok(token)
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
