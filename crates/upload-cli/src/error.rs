//! What can go wrong with a command, and the exit status it ends with.

use std::{fmt, io, path::Path};

use upload_core::{Failure, PlanError, TransportErrorKind};
use upload_http::{OpenError, SetupError};

/// What kind of trouble ended a command, or one of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option or an argument that makes no sense.
    Usage,
    /// A setting is missing or malformed.
    Settings,
    /// A local file is missing, unreadable, empty or no file.
    LocalFile,
    /// Another process is at work on the same upload.
    Locked,
    /// The platform refused the content of an object that is stored.
    Content,
    /// The file cannot be cut into parts the way the server wants it.
    Plan,
    /// A request failed for good.
    Transport(TransportErrorKind),
    /// The platform has no customer list of a package, and will not have one.
    Package,
    /// A package is not done yet, and nobody wants to wait longer.
    NotReady,
    /// What is being downloaded has changed, and what went before cannot be taken back.
    RemoteChanged,
    /// Nobody reads standard output any more.
    ReaderGone,
    /// Given up on request.
    Cancelled,
    /// Some files failed, others did not.
    Partial,
    /// What nobody thought of.
    Unexpected,
}

impl ErrorKind {
    /// The exit status: the one place where kinds become numbers.
    #[must_use]
    pub fn exit_status(self) -> u8 {
        use TransportErrorKind as T;
        match self {
            Self::Usage | Self::Settings => 2,
            Self::Content | Self::Package | Self::Transport(T::Rejected) => 3,
            Self::Transport(T::Unauthorized | T::Forbidden | T::StorageDenied) => 4,
            Self::RemoteChanged
            | Self::Transport(
                T::Connect
                | T::Tls
                | T::Reset
                | T::Stalled
                | T::Throttled
                | T::Server
                | T::MissingETag
                | T::Corrupted
                | T::BadAnswer
                | T::Expired,
            ) => 5,
            Self::LocalFile | Self::Locked | Self::Transport(T::Source) => 6,
            Self::Partial => 7,
            Self::NotReady => 8,
            // What a shell reports of a command that the signal of a broken pipe has ended.
            Self::ReaderGone => 141,
            Self::Cancelled => 130,
            Self::Plan | Self::Transport(_) | Self::Unexpected => 1,
        }
    }

    /// The kind's stable name, as it stands in JSON output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Settings => "settings",
            Self::LocalFile => "local_file",
            Self::Locked => "locked",
            Self::Content => "content",
            Self::Plan => "plan",
            Self::Transport(kind) => kind.name(),
            Self::Package => "package",
            Self::NotReady => "not_ready",
            Self::RemoteChanged => "remote_changed",
            Self::ReaderGone => "reader_gone",
            Self::Cancelled => "cancelled",
            Self::Partial => "partial",
            Self::Unexpected => "unexpected",
        }
    }
}

/// What went wrong, to which file, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    /// Decides the exit status.
    pub kind: ErrorKind,
    /// What happened, in one line.
    pub message: String,
    /// What to do next, in one line.
    pub hint: Option<String>,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The server's id of the request.
    pub request_id: Option<String>,
}

impl CliError {
    /// An error without a hint.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, status: None, request_id: None }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Trouble with a local file or folder that is not about opening an upload.
    #[must_use]
    pub fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(ErrorKind::LocalFile, format!("{}: {what} failed: {error}", path.display()))
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

impl From<&Failure> for CliError {
    fn from(failure: &Failure) -> Self {
        let kind = match failure {
            Failure::Plan(error) => plan_kind(error),
            _ => failure.transport_kind().map_or(ErrorKind::Unexpected, ErrorKind::Transport),
        };
        let error = Self::new(kind, failure.to_string()).hint(failure.hint());
        match failure {
            Failure::Request { error: cause, .. } => {
                Self { status: cause.status, request_id: cause.request_id.clone(), ..error }
            }
            _ => error,
        }
    }
}

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> Self {
        let kind = plan_kind(&error);
        Self::new(kind, error.to_string()).hint(Failure::from(error).hint())
    }
}

fn plan_kind(error: &PlanError) -> ErrorKind {
    match error {
        PlanError::EmptyFile | PlanError::TooLarge { .. } => ErrorKind::LocalFile,
        PlanError::PartSize(_) => ErrorKind::Usage,
        _ => ErrorKind::Plan,
    }
}

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        let hint = match &error {
            OpenError::Missing(_) => "check the path".into(),
            OpenError::Directory(_) => "upload what is in it with --recursive".into(),
            OpenError::NotRegular(path) => {
                format!("read it through standard input: upload put - --name NAME < {}", path.display())
            }
            OpenError::Unreadable(_) => "give this user the permission to read it (chmod, chown)".into(),
            _ => "check the file and its file system".into(),
        };
        Self::new(ErrorKind::LocalFile, error.to_string()).hint(hint)
    }
}

impl From<SetupError> for CliError {
    fn from(error: SetupError) -> Self {
        let hint = match &error {
            SetupError::Proxy { .. } => "give the proxy as http://host:port",
            SetupError::CaCerts { .. } => "name a PEM file with the CA's certificate (--ca-cert)",
            SetupError::Header(_) => "check FD_ACCESS_TOKEN and FD_PARTNER_ID for stray characters",
            _ => "check --ca-cert and the system's certificates",
        };
        Self::new(ErrorKind::Settings, error.to_string()).hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use upload_core::{Step, TransportError};

    #[test]
    fn every_kind_of_trouble_has_its_exit_status() {
        use TransportErrorKind as T;
        let transport = |kind| ErrorKind::Transport(kind).exit_status();
        for network in [
            T::Connect,
            T::Tls,
            T::Reset,
            T::Stalled,
            T::Throttled,
            T::Server,
            T::MissingETag,
            T::BadAnswer,
            T::Expired,
        ] {
            assert_eq!(transport(network), 5, "{network:?}");
        }
        for denied in [T::Unauthorized, T::Forbidden, T::StorageDenied] {
            assert_eq!(transport(denied), 4, "{denied:?}");
        }
        for other in [T::NotFound, T::Unsupported, T::Other] {
            assert_eq!(transport(other), 1, "{other:?}");
        }
        assert_eq!(transport(T::Rejected), 3);
        assert_eq!(transport(T::Source), 6);
        assert_eq!(ErrorKind::Cancelled.exit_status(), 130);
        assert_eq!((ErrorKind::Package.exit_status(), ErrorKind::NotReady.exit_status()), (3, 8));
        assert_eq!((ErrorKind::RemoteChanged.exit_status(), ErrorKind::ReaderGone.exit_status()), (5, 141));
    }

    #[test]
    fn a_failure_keeps_status_request_id_and_hint() {
        let error = TransportError {
            status: Some(503),
            request_id: Some("r-1".into()),
            ..TransportError::new(TransportErrorKind::Server, "the API answered 503")
        };
        let shown = CliError::from(&Failure::Request { step: Step::Complete, attempts: 5, error });
        assert_eq!((shown.status, shown.request_id.as_deref()), (Some(503), Some("r-1")));
        assert!(shown.message.contains("after 5 attempts"), "{shown}");
        assert!(shown.hint.is_some());
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_blamed_on_who_chose_it() {
        assert_eq!(CliError::from(PlanError::EmptyFile).kind, ErrorKind::LocalFile);
        assert_eq!(CliError::from(PlanError::PartSize(1)).kind, ErrorKind::Usage);
        assert_eq!(CliError::from(PlanError::Urls(String::new())).kind.exit_status(), 1);
    }
}
