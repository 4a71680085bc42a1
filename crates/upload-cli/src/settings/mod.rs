//! Settings: flag, then environment, then profile, then default, each with where it came from.

mod file;
mod folders;
pub(crate) mod place;
mod plain_http;

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) use self::{
    file::{ConfigFile, Profile},
    folders::Folders,
};
use crate::{
    account::SessionFile,
    args::{ApiBudget, Concurrency, Given, GlobalArgs, OutputFormat, Sources},
    error::{CliError, ErrorKind},
};

/// The folder of the sessions with the platform, below the state folder.
const ACCOUNTS: &str = "accounts";

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An option that was typed.
    Flag,
    /// An environment variable.
    Variable(String),
    /// A profile of the config file.
    Profile { name: String, file: PathBuf },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("given on the command line"),
            Self::Variable(name) => write!(f, "from {name}"),
            Self::Profile { name, file } => write!(f, "from profile '{name}' in {}", file.display()),
        }
    }
}

/// A setting that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Everything that settings can come from.
#[derive(Debug)]
pub(crate) struct Settings {
    sources: Sources,
    profile_name: String,
    profile: Profile,
    config_path: PathBuf,
    pub(crate) folders: Folders,
}

impl Settings {
    /// Reads the config file and picks the profile.
    ///
    /// # Errors
    /// When the file is malformed or the profile that was asked for is not in it.
    pub(crate) fn load(global: &GlobalArgs, sources: Sources) -> Result<Self, CliError> {
        let folders = Folders::of_this_user()?;
        let config_path = folders.config_file();
        let config = ConfigFile::read(&config_path)?;
        let (profile_name, profile) = config.profile(global.profile.as_deref(), &config_path)?;
        Ok(Self { sources, profile_name, profile, config_path, folders })
    }

    /// The profile in use; the default one where nothing else was said.
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// How options were given.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// One setting by the ladder: what the command line or environment gave under this id, else the profile's.
    pub(crate) fn pick<T>(&self, id: &str, given: Option<T>, in_profile: Option<T>) -> Option<Setting<T>> {
        if let Some(value) = given {
            let origin = match self.sources.of(id) {
                Some(Given::Variable(name)) => Origin::Variable(name),
                Some(Given::Flag) | None => Origin::Flag,
            };
            return Some(Setting { value, origin });
        }
        in_profile.map(|value| Setting { value, origin: self.profile_origin() })
    }

    /// The name of the profile in use.
    pub(crate) fn profile_name(&self) -> &str {
        &self.profile_name
    }

    /// The config file, whether it exists or not.
    pub(crate) fn config_path(&self) -> &Path {
        &self.config_path
    }

    /// Where the session of the profile in use is kept, whether there is one or not.
    pub(crate) fn session_file(&self) -> SessionFile {
        SessionFile::new(self.folders.state_path(ACCOUNTS), &self.profile_name)
    }

    /// The same, in a folder that is there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) fn make_session_file(&self) -> Result<SessionFile, CliError> {
        let folder = self.folders.state(ACCOUNTS)?;
        Ok(SessionFile::new(folder, &self.profile_name))
    }

    fn profile_origin(&self) -> Origin {
        Origin::Profile { name: self.profile_name.clone(), file: self.config_path.clone() }
    }

    /// How connections are to be made.
    ///
    /// # Errors
    /// When the CA's file cannot be read.
    pub(crate) fn network(
        &self,
        global: &GlobalArgs,
        connections: usize,
    ) -> Result<upload_http::NetworkConfig, CliError> {
        let profile = &self.profile;
        let ca_cert = self.pick("ca_cert", global.ca_cert.clone(), self.relative(profile.ca_cert.as_ref()));
        let ca_certs = match ca_cert {
            None => Vec::new(),
            Some(Setting { value, origin }) => vec![std::fs::read(&value).map_err(|error| {
                let message =
                    format!("the CA certificate {} ({origin}) cannot be read: {error}", value.display());
                CliError::new(ErrorKind::Settings, message).hint("name a readable PEM file with --ca-cert")
            })?],
        };
        let defaults = upload_http::NetworkConfig::default();
        let timeout: Duration = global.timeout.or(profile.timeout).unwrap_or(defaults.idle_timeout);
        if timeout.is_zero() {
            let error = CliError::new(ErrorKind::Usage, "a timeout of zero gives every request up at once");
            return Err(error.hint("choose a --timeout such as 30s"));
        }
        if self.sources.of("proxy") == Some(Given::Flag)
            && global.proxy.as_ref().is_some_and(|proxy| proxy.contains('@'))
        {
            tracing::warn!(
                target: "upload_cli",
                "the proxy's password is on the command line, where others can see it: set UPLOAD_PROXY instead"
            );
        }
        Ok(upload_http::NetworkConfig {
            idle_timeout: timeout,
            ca_certs,
            proxy: global.proxy.clone().or_else(|| profile.proxy.clone()),
            connections,
            ..defaults
        })
    }

    /// At which pace the API is talked to. A sandbox of one's own has no budget to keep to, unless one is asked for.
    pub(crate) fn pace(&self, global: &GlobalArgs) -> upload_http::Pace {
        let chosen = global.api_budget.or(self.profile.api_budget);
        let budget = chosen.or_else(|| global.sandbox.then_some(ApiBudget::Off));
        upload_http::Pace::new(budget.map(ApiBudget::budgets).unwrap_or_default())
    }

    /// A path of the profile: relative ones start at the config file's folder.
    pub(crate) fn relative(&self, path: Option<&PathBuf>) -> Option<PathBuf> {
        let base = self.config_path.parent()?;
        path.map(|path| base.join(path))
    }

    /// How results are written.
    pub(crate) fn output(&self, global: &GlobalArgs) -> OutputFormat {
        global.output.or(self.profile.output).unwrap_or_default()
    }

    /// How many parts may be in flight.
    pub(crate) fn concurrency(&self, given: Option<Concurrency>) -> Concurrency {
        given.or(self.profile.concurrency).unwrap_or_default()
    }
}
