use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::record::{KeptSession, Record};

/// The file in which a profile's session is kept, readable by its owner alone, and the lock beside it.
#[derive(Clone, Debug)]
pub(crate) struct SessionFile {
    folder: PathBuf,
    name: String,
}

impl SessionFile {
    /// The file of a profile in this folder, whether either exists or not.
    pub(crate) fn new(folder: PathBuf, profile: &str) -> Self {
        Self { folder, name: file_name(profile) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.name))
    }

    /// What is kept; `None` where nothing is.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written.
    pub(crate) fn read(&self) -> io::Result<Option<KeptSession>> {
        let bytes = match fs::read(self.path()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // serde's own words quote what they read.
        let record: Record = serde_json::from_slice(&bytes).map_err(|_| invalid("it is damaged"))?;
        KeptSession::try_from(record).map(Some).map_err(invalid)
    }

    /// Keeps a session, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, kept: &KeptSession) -> io::Result<()> {
        let mut json = serde_json::to_vec_pretty(&Record::from(kept))?;
        json.push(b'\n');
        // A temporary file is its owner's alone from the beginning (0600).
        let mut file = tempfile::Builder::new().prefix(".session-").tempfile_in(&self.folder)?;
        file.write_all(&json)?;
        file.as_file().sync_all()?;
        file.persist(self.path()).map_err(|error| error.error)?;
        Ok(())
    }

    /// Forgets it; answers whether there was anything to forget.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn remove(&self) -> io::Result<bool> {
        match fs::remove_file(self.path()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Waits for the lock, blocking this thread; dropping the file gives it back. The lock's file stays: removed, two
    /// processes could each hold a lock of their own.
    ///
    /// # Errors
    /// When the folder is not there, or the file system knows no locks.
    pub(crate) fn lock(&self) -> io::Result<File> {
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.folder.join(format!("{}.lock", self.name)))?;
        file.lock()?;
        Ok(file)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn invalid(trouble: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, trouble)
}

/// A profile's name as that of a file: whatever could lead elsewhere is written as its bytes' numbers.
fn file_name(profile: &str) -> String {
    let mut name = String::new();
    for byte in profile.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use upload_http::SavedSession;

    use super::*;
    use crate::account::Identity;

    fn kept() -> KeptSession {
        KeptSession {
            identity: Identity { api: "https://h/api".parse().unwrap(), user: "ada".into() },
            partner: None,
            id_token: None,
            session: SavedSession {
                access_token: "hush-hush".parse().unwrap(),
                refresh_token: None,
                obtained_at: SystemTime::now(),
                expires_in: None,
                over: false,
            },
        }
    }

    #[test]
    fn a_profiles_name_leads_nowhere_else() {
        assert_eq!(file_name("stg-1"), "stg-1");
        assert_eq!(file_name("../../a b"), "%2e%2e%2f%2e%2e%2fa%20b");
        assert_ne!(file_name("ä"), file_name("ae"));
    }

    #[cfg(unix)]
    #[test]
    fn a_session_is_its_owners_alone_and_can_be_forgotten() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = SessionFile::new(folder.path().to_owned(), "default");
        assert!(file.read().unwrap().is_none() && !file.remove().unwrap());
        let _lock = file.lock().unwrap();
        file.write(&kept()).unwrap();
        file.write(&kept()).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(file.read().unwrap().unwrap().session.access_token.expose(), "hush-hush");
        assert!(file.remove().unwrap() && file.read().unwrap().is_none());
    }

    #[test]
    fn a_damaged_file_is_an_error_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = SessionFile::new(folder.path().to_owned(), "default");
        for damaged in ["", "{\"access_token\":\"hush-hush\"", "{\"version\":\"hush-hush\"}"] {
            fs::write(file.path(), damaged).unwrap();
            let error = file.read().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
    }
}
