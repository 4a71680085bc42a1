use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::report::{Report, Verdict};
use crate::{
    commands::Session,
    error::{CliError, ErrorKind},
    journal::open_sessions,
    settings::Folders,
};

/// Whether what is kept on this machine is kept well.
pub(super) fn check(session: &Session, report: &mut Report<'_>) {
    report.add("state", folder(&session.settings.folders));
    report.add("sessions", sessions(&session.settings.folders));
}

/// Whether uploads were begun here and neither ended nor go on now: their parts take up storage.
fn sessions(folders: &Folders) -> Verdict {
    let open = match open_sessions(folders) {
        Ok(open) => open,
        Err(error) => return Verdict::Failed(error),
    };
    let (left, running): (Vec<_>, Vec<_>) = open.iter().partition(|session| session.holder.is_none());
    match left.as_slice() {
        [] if running.is_empty() => Verdict::Passed("no upload was left open from this machine".into()),
        [] => Verdict::Passed(format!("{} under way, none left open", running.len())),
        [first, others @ ..] => {
            let more = match others.len() {
                0 => String::new(),
                count => format!(" and {count} more"),
            };
            let message = format!("the upload of {}{more} was left open on the platform", first.label());
            Verdict::Failed(
                CliError::new(ErrorKind::Unexpected, message)
                    .hint("upload sessions list, then resume or abort them"),
            )
        }
    }
}

/// Whether the state folder can be used, and is its owner's alone.
fn folder(folders: &Folders) -> Verdict {
    let root = folders.state_root();
    // Looked at before it is used: using it mends what can be mended.
    let readable = readable_by_others(root);
    let trouble = folders
        .state("accounts")
        .map(|folder| tempfile::tempfile_in(&folder).map_err(|error| (folder, error)));
    match trouble {
        Err(error) => return Verdict::Failed(error),
        Ok(Err((folder, error))) => {
            return Verdict::Failed(
                CliError::io("writing to this folder", &folder, &error)
                    .hint("make it writable, or set XDG_STATE_HOME to a folder that is"),
            );
        }
        Ok(Ok(_)) => {}
    }
    match readable {
        None => Verdict::Passed(format!("{}, for its owner alone", root.display())),
        Some(path) => {
            let message =
                format!("{} can be read by others, and may hold tokens and signed URLs", path.display());
            let remedy = format!("chmod -R go= {}", root.display());
            Verdict::Failed(CliError::new(ErrorKind::LocalFile, message).hint(format!(
                "close it to others ({remedy}); if others use this machine, sign out and in again too"
            )))
        }
    }
}

/// The first folder or file in it that others can read or write.
#[cfg(unix)]
fn readable_by_others(root: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let entries = WalkDir::new(root).follow_links(false).into_iter().filter_map(Result::ok);
    let mut files = entries.filter(|entry| !entry.path_is_symlink());
    let found = files.find(|entry| {
        // What lies in a folder that is closed to others is out of their reach, whatever its own mode.
        entry.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    });
    found.map(walkdir::DirEntry::into_path)
}

#[cfg(not(unix))]
fn readable_by_others(_root: &Path) -> Option<PathBuf> {
    None
}
