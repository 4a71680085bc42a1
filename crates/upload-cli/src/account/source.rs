use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

use upload_core::TransportErrorKind;
use upload_proto::{AccessToken, ApiRoot, Password, RefreshToken};

use super::KeptSession;
use crate::{
    error::{CliError, ErrorKind},
    settings::Settings,
};

/// What tokens are had from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A token that somebody else got, with what renews it where that was given too.
    Given { token: AccessToken, refresh_token: Option<RefreshToken>, origin: TokenOrigin },
    /// The profile's session.
    Kept(KeptSession),
    /// A sign-in that needs no questions; its session will be the profile's.
    SignIn { user: String, password: Password },
}

/// Where a token came from, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenOrigin {
    /// `FD_ACCESS_TOKEN`.
    Environment,
    /// The profile's `access_token_file`.
    File(PathBuf),
    /// The session of this profile.
    Session(String),
    /// The sandbox of this one command.
    Sandbox,
}

impl TokenOrigin {
    /// A stable name, for programs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::File(_) => "file",
            Self::Session(_) => "session",
            Self::Sandbox => "sandbox",
        }
    }
}

impl fmt::Display for TokenOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("FD_ACCESS_TOKEN"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Session(profile) => write!(f, "the session of profile '{profile}'"),
            Self::Sandbox => f.write_str("the sandbox"),
        }
    }
}

impl Source {
    /// Finds a source for this platform: a token in the environment, else the profile's file of one, else the profile's
    /// session, else user and password in the environment.
    ///
    /// # Errors
    /// When there is none, or what there is cannot be used.
    pub(crate) fn find(settings: &Settings, api: &ApiRoot) -> Result<Self, CliError> {
        if let Some(given) = given(settings)? {
            return Ok(given);
        }
        let (user, password) = (variable("FD_USERNAME"), variable("FD_PASSWORD"));
        let kept = settings.session_file().read();
        match (kept, user, password) {
            (Ok(Some(kept)), user, _)
                if kept.identity.api == *api
                    && user.as_ref().is_none_or(|user| *user == kept.identity.user)
                    && kept.is_usable() =>
            {
                Ok(Self::Kept(kept))
            }
            (_, Some(user), Some(password)) => Ok(Self::SignIn { user, password: password_of(password)? }),
            (kept, user, _) => Err(none(settings, api, kept, user.as_deref())),
        }
    }
}

/// The token that was given, if one was.
///
/// # Errors
/// When it cannot be read or used.
pub(super) fn given(settings: &Settings) -> Result<Option<Source>, CliError> {
    let file = settings.relative(settings.profile().access_token_file.as_ref());
    let (text, origin) = match (variable("FD_ACCESS_TOKEN"), file) {
        (Some(text), _) => (text, TokenOrigin::Environment),
        (None, Some(path)) => {
            let text = fs::read_to_string(&path).map_err(|error| {
                invalid(format!("the access token's file {} cannot be read: {error}", path.display()))
                    .hint("correct access_token_file, or set FD_ACCESS_TOKEN")
            })?;
            warn_if_open(&path);
            (text, TokenOrigin::File(path))
        }
        (None, None) => return Ok(None),
    };
    let token = text.parse().map_err(|error| {
        invalid(format!("{error} (from {origin})")).hint("get a fresh token and set it anew")
    })?;
    // It belongs to the token beside it, not to one from a file.
    let refresh_token = variable("FD_REFRESH_TOKEN").filter(|_| origin == TokenOrigin::Environment);
    let refresh_token = refresh_token.and_then(|text| text.trim().to_owned().try_into().ok());
    Ok(Some(Source::Given { token, refresh_token, origin }))
}

/// Says that others can read a token's file, or replace what is in it.
#[cfg(unix)]
fn warn_if_open(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
        let path = path.display();
        tracing::warn!(
            target: "upload_cli",
            "others can read or write the access token's file {path}: chmod 600 it, and get a new token if others use this machine"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_open(_path: &Path) {}

/// A variable of the environment; an empty one is how many pipelines say "not set".
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// A text as a password.
///
/// # Errors
/// When it is empty.
pub(crate) fn password_of(text: String) -> Result<Password, CliError> {
    text.try_into().map_err(|error| invalid(format!("{error}")).hint("give the password"))
}

/// Why there is no token, and every way to have one.
fn none(
    settings: &Settings,
    api: &ApiRoot,
    kept: io::Result<Option<KeptSession>>,
    user: Option<&str>,
) -> CliError {
    let profile = settings.profile_name();
    match kept {
        Ok(Some(kept)) if kept.identity.api != *api => {
            let known = &kept.identity.api;
            invalid(format!("no access token: the session of profile '{profile}' is one with {known}, not with {api}"))
                .hint("sign in to this platform (upload login), or use a profile for each (--profile)")
        }
        Ok(Some(kept)) if user.is_some_and(|user| user != kept.identity.user) => invalid(format!(
            "no access token: the session of profile '{profile}' is not that of the user in FD_USERNAME"
        ))
        .hint("sign in as this user (upload login), set FD_PASSWORD too, or leave FD_USERNAME out"),
        Ok(Some(_)) => {
            let kind = ErrorKind::Transport(TransportErrorKind::Unauthorized);
            CliError::new(kind, format!("the session of profile '{profile}' is over"))
                .hint("sign in again: upload login")
        }
        Ok(None) => invalid("no access token").hint(
            "sign in (upload login), or set FD_USERNAME and FD_PASSWORD, or FD_ACCESS_TOKEN (never as an option: \
             others could see it), or try it without any: upload --sandbox …",
        ),
        Err(error) => {
            let path = settings.session_file().path();
            invalid(format!("the session of profile '{profile}' ({}) cannot be used: {error}", path.display()))
                .hint("sign in again: upload login")
        }
    }
}

fn invalid(message: impl Into<String>) -> CliError {
    CliError::new(ErrorKind::Settings, message)
}
