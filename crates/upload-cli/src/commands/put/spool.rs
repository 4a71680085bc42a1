//! Standard input, put aside in a file: the platform must be told the size before the first byte, and a part that
//! failed must be read again.

use std::{
    fs::File,
    io::{self, IsTerminal, Read, Seek},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio_util::sync::CancellationToken;

use crate::{
    commands::TICK,
    error::{CliError, ErrorKind},
    output::{Reporter, bytes},
    settings::Folders,
};

/// Where it is put, below the state folder.
pub(super) const FOLDER: &str = "spool";
/// What is being done, for people.
const WHAT: &str = "reading standard input";
/// How much is copied between two looks at how far it is, in bytes.
const STRETCH: u64 = 8 << 20;

/// Standard input as a file that can be read by position. A regular file that was redirected is used as it is.
///
/// `None` when it was cancelled on the way.
///
/// # Errors
/// When it cannot be read, or the folder cannot hold it.
pub(super) async fn spool_stdin(
    folders: &Folders,
    reporter: &dyn Reporter,
    cancel: &CancellationToken,
) -> Result<Option<File>, CliError> {
    let unreadable = |error: &io::Error| {
        CliError::new(ErrorKind::LocalFile, format!("standard input cannot be read: {error}"))
            .hint("pipe something into the command, or name a file")
    };
    let mut stdin = stdin_file().map_err(|error| unreadable(&error))?;
    if stdin.metadata().is_ok_and(|metadata| metadata.is_file()) && stdin.stream_position().ok() == Some(0) {
        return Ok(Some(stdin));
    }
    if io::stdin().is_terminal() {
        reporter.say("reading standard input; end it with Ctrl-D");
    }
    let folder = folders.state(FOLDER)?;
    let count = Arc::new(AtomicU64::new(0));
    let (counted, place) = (count.clone(), folder.clone());
    let mut copy = tokio::task::spawn_blocking(move || {
        aside(stdin, &place, |copied| {
            counted.fetch_add(copied, Relaxed);
        })
    });
    let mut ticks = tokio::time::interval(TICK);
    let copied = loop {
        tokio::select! {
            () = cancel.cancelled() => break None,
            copied = &mut copy => break Some(copied),
            _ = ticks.tick() => reporter.reading(WHAT, Some(count.load(Relaxed))),
        }
    };
    reporter.reading(WHAT, None);
    let Some(copied) = copied else { return Ok(None) };
    let so_far = bytes(count.load(Relaxed));
    match copied {
        Ok(Ok(file)) => Ok(Some(file)),
        Ok(Err(error)) if is_full(&error) => {
            let message = format!(
                "no room for standard input in {}: {error} after {so_far}; it is put aside there, since the \
                 platform must be told its size first",
                folder.display()
            );
            let hint = "free some space, or set XDG_STATE_HOME to a folder on a larger disk";
            Err(CliError::new(ErrorKind::LocalFile, message).hint(hint))
        }
        Ok(Err(error)) => Err(unreadable(&error)),
        Err(error) => Err(CliError::new(ErrorKind::Unexpected, format!("reading standard input: {error}"))),
    }
}

/// The process's standard input, unbuffered.
pub(in crate::commands) fn stdin_file() -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    }
    #[cfg(windows)]
    {
        use std::os::windows::io::AsHandle as _;
        io::stdin().as_handle().try_clone_to_owned().map(File::from)
    }
}

/// Copies all there is into a file without a name, which vanishes with the process, however that ends.
pub(super) fn aside(mut input: File, folder: &Path, mut on_copied: impl FnMut(u64)) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(folder)?;
    loop {
        // Between files, the standard library has the kernel copy.
        match io::copy(&mut (&mut input).take(STRETCH), &mut file)? {
            0 => break,
            copied => on_copied(copied),
        }
    }
    file.rewind()?;
    Ok(file)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_is_put_aside_is_whole_and_leaves_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(b"some bytes").unwrap();
        input.rewind().unwrap();
        let mut count = 0;
        let mut copy = aside(input, folder.path(), |copied| count += copied).unwrap();
        let mut text = String::new();
        copy.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), count), ("some bytes", 10));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
