use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Whoever only looks whether a lock is held has it for an instant.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Keeps other processes off a session. The system gives it back when the process ends, however that happens; the file
/// goes when the lock is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    path: PathBuf,
}

/// Why a lock cannot be had.
#[derive(Debug)]
pub(crate) enum LockError {
    /// A process has it; which, where it can be told.
    Held(Option<u32>),
    /// The system says no.
    Io(io::Error),
}

impl Lock {
    /// Takes the lock of this name.
    ///
    /// # Errors
    /// When somebody has it, or it cannot be had.
    pub(crate) fn take(path: PathBuf) -> Result<Self, LockError> {
        let mut tries = 0;
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path).map_err(LockError::Io)?;
            match file.try_lock() {
                Ok(()) if is_still(&file, &path) => {
                    // For whoever finds it held; the lock itself does not depend on it.
                    let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                    return Ok(Self { _file: file, path });
                }
                // Its owner has just removed it.
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    thread::sleep(BETWEEN_TRIES);
                }
                Err(TryLockError::WouldBlock) => return Err(LockError::Held(written(&mut file))),
            }
        }
    }

    /// The process that has the lock of this name, if one has: which, where it can be told.
    pub(crate) fn holder(path: &Path) -> Option<Option<u32>> {
        let mut file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(written(&mut file)),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // One that stays is in nobody's way.
        let _ = fs::remove_file(&self.path);
    }
}

fn written(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    text.parse().ok()
}

/// Whether the name still leads to this file.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(held), Ok(named)) = (file.metadata(), fs::metadata(path)) else { return false };
    (held.dev(), held.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
fn is_still(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_one_owners_until_it_is_dropped_and_names_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        assert_eq!(Lock::holder(&path), None);
        let lock = Lock::take(path.clone()).unwrap();
        assert!(
            matches!(Lock::take(path.clone()), Err(LockError::Held(Some(id))) if id == std::process::id())
        );
        assert_eq!(Lock::holder(&path), Some(Some(std::process::id())));
        drop(lock);
        assert!(!path.exists());
        let _again = Lock::take(path).unwrap();
    }

    #[test]
    fn what_a_dead_process_left_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        fs::write(&path, "4194304").unwrap();
        assert_eq!(Lock::holder(&path), None);
        let lock = Lock::take(path.clone()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), std::process::id().to_string());
        drop(lock);
    }
}
