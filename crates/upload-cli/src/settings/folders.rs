use std::{
    fs, io,
    path::{Path, PathBuf},
};

use etcetera::{BaseStrategy, base_strategy::Xdg};

use crate::error::{CliError, ErrorKind};

/// Where settings and state lie, after the XDG Base Directory Specification, on every system.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    config: PathBuf,
    state: PathBuf,
}

impl Folders {
    /// The folders of the user who runs this.
    ///
    /// # Errors
    /// When the user has no home folder and the environment names none.
    pub(crate) fn of_this_user() -> Result<Self, CliError> {
        let xdg = Xdg::new().map_err(|error| {
            CliError::new(ErrorKind::Settings, format!("the home folder is unknown: {error}"))
                .hint("set HOME")
        })?;
        let state = xdg.state_dir().unwrap_or_else(|| xdg.home_dir().join(".local/state"));
        Ok(Self { config: xdg.config_dir().join("upload"), state: state.join("upload") })
    }

    /// The config file, whether it exists or not.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The folder of all state, whether it exists or not.
    pub(crate) fn state_root(&self) -> &Path {
        &self.state
    }

    /// A folder below the state folder, whether it exists or not.
    pub(crate) fn state_path(&self, name: &str) -> PathBuf {
        self.state.join(name)
    }

    /// A folder below the state folder, made if need be, that only its owner can look into.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn state(&self, name: &str) -> Result<PathBuf, CliError> {
        let folder = self.state_path(name);
        make_private(&self.state).and_then(|()| make_private(&folder)).map_err(|error| {
            CliError::io("making this folder", &folder, &error)
                .hint("make it writable, or set XDG_STATE_HOME to a folder that is")
        })?;
        Ok(folder)
    }
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // It may have been made before, by something less careful.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn state_is_the_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { config: home.path().join("c"), state: home.path().join("s/upload") };
        let spool = folders.state("spool").unwrap();
        for folder in [spool.as_path(), spool.parent().unwrap()] {
            assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
