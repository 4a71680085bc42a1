//! What has to be done to files without another process getting in between.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// Opens a file for reading and writing that only its owner may read, and makes it where there is none.
///
/// Follows no symbolic link and touches no file of somebody else or with another name, which others might have put in its
/// place.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    match private().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !fs::symlink_metadata(path)?.is_file() {
                return Err(io::Error::other("something that is no file has its name"));
            }
            let file = private().open(path)?;
            refuse_foreign(&file)?;
            Ok(file)
        }
        opened => opened,
    }
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    options.read(true).write(true).mode(0o600).custom_flags(no_follow);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

#[cfg(unix)]
fn refuse_foreign(file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let found = file.metadata()?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("a file of another user has its name"));
    }
    if found.nlink() > 1 {
        return Err(io::Error::other("it has another name as well, under which it would be changed"));
    }
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn refuse_foreign(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Whether the open file is the one that has this name.
#[cfg(unix)]
pub(super) fn is_still(path: &Path, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let open = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the open file is the one that has this name: an open file keeps its name here.
#[cfg(not(unix))]
pub(super) fn is_still(_path: &Path, _file: &File) -> io::Result<bool> {
    Ok(true)
}

/// Gives a file another name; one that is taken only with `force`.
///
/// # Errors
/// `AlreadyExists` where it is taken, and whatever the file system says.
pub(super) fn place(from: &Path, to: &Path, force: bool) -> io::Result<()> {
    if force {
        return fs::rename(from, to);
    }
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Neither every kernel nor every file system can do this.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
            renamed => return renamed.map_err(io::Error::from),
        }
    }
    // A second name is given only where there is none, on every system; the first one goes after that.
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_given_only_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        assert_eq!(place(&from, &to, false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&from).unwrap(), fs::read(&to).unwrap()), (b"new".to_vec(), b"old".to_vec()));
        place(&from, &to, true).unwrap();
        assert!(!from.exists() && fs::read(&to).unwrap() == b"new");
        place(&to, &from, false).unwrap();
        assert!(!to.exists() && fs::read(&from).unwrap() == b"new");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_never_reached_through_a_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (precious, link) = (folder.path().join("precious"), folder.path().join("link"));
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, &link).unwrap();
        assert!(open_private(&link).is_err(), "a symbolic link");
        fs::remove_file(&link).unwrap();
        fs::hard_link(&precious, &link).unwrap();
        assert!(open_private(&link).is_err(), "a second name");
        let own = folder.path().join("own");
        let file = open_private(&own).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(is_still(&own, &file).unwrap());
        fs::rename(&own, folder.path().join("other")).unwrap();
        assert!(!is_still(&own, &file).unwrap());
    }
}
