use std::io::{self, Write};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::Screen;

/// Has what the crates log written to standard error: warnings, with `-v` what happens, with `-vv` every request.
///
/// The libraries beneath keep silent at any verbosity: they know URLs with their signatures.
pub(crate) fn start_logging(screen: &Screen, quiet: bool, verbose: u8) {
    let level = match (quiet, verbose) {
        (true, 0) => "error",
        (_, 0) => "warn",
        (_, 1) => "info",
        _ => "debug",
    };
    let ours = ["upload_cli", "upload_core", "upload_http", "upload_sandbox"];
    let mut directives: Vec<String> = ours.iter().map(|target| format!("{target}={level}")).collect();
    // What it says when it stops, the sandbox command says itself.
    directives.push("upload_sandbox::handle=error".into());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives.join(",")))
        .with_writer(Lines(screen.clone()))
        .with_ansi(console::colors_enabled_stderr())
        .finish();
    // Only a test that runs several commands in one process finds one set already, and that one serves.
    let _already_set = tracing::subscriber::set_global_default(subscriber);
}

/// Writes each line of the log above the progress bars.
struct Lines(Screen);

impl Write for &Lines {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}
