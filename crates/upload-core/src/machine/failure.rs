use std::fmt;

use upload_proto::PartNumber;

use crate::{PlanError, TransportError, TransportErrorKind as Kind};

/// A step of the flow, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Starting a multipart upload.
    Initiate,
    /// Asking for a presigned URL.
    Presign,
    /// Sending one of several parts.
    Part {
        /// Which.
        part: PartNumber,
        /// Of how many.
        of: u32,
    },
    /// Sending the whole object in one PUT.
    Object,
    /// Putting the parts together.
    Complete,
    /// Having the platform check the object.
    Validate,
    /// Giving the upload up.
    Abort,
    /// Signing in.
    SignIn,
    /// Asking whether the platform is up.
    Status,
    /// Asking whether token and partner are accepted.
    Partners,
    /// Sending a file in a form.
    Direct,
    /// Sending a batch of records.
    Ingest,
    /// Asking how far a package has come.
    Package,
    /// Downloading a customer list.
    Download,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initiate => f.write_str("starting the upload"),
            Self::Presign => f.write_str("asking for a presigned URL"),
            Self::Part { part, of } => write!(f, "sending part {part} of {of}"),
            Self::Object => f.write_str("sending the object"),
            Self::Complete => f.write_str("completing the upload"),
            Self::Validate => f.write_str("validating the object"),
            Self::Direct => f.write_str("sending the file"),
            Self::Ingest => f.write_str("sending the records"),
            Self::Package => f.write_str("asking for the package"),
            Self::Download => f.write_str("downloading the customer list"),
            Self::Abort => f.write_str("aborting the upload"),
            Self::SignIn => f.write_str("signing in"),
            Self::Status => f.write_str("asking whether the platform is up"),
            Self::Partners => f.write_str("asking whether token and partner are accepted"),
        }
    }
}

/// Why an upload came to a bad end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A request failed for good.
    #[error("{step} failed{}: {error}", after(*.attempts))]
    Request {
        /// Which one.
        step: Step,
        /// How often it was tried.
        attempts: u32,
        /// What happened the last time.
        error: TransportError,
    },
    /// The file cannot be cut into parts the way the server or S3 wants it.
    #[error("no way to cut the file into parts: {0}")]
    Plan(#[from] PlanError),
}

fn after(attempts: u32) -> String {
    if attempts > 1 { format!(" after {attempts} attempts") } else { String::new() }
}

impl Failure {
    /// What to do next, for people.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        let (step, kind) = match self {
            Self::Plan(PlanError::EmptyFile) => return "upload a file that has content",
            Self::Plan(PlanError::PartSize(_)) => return "choose a part size between 5 MiB and 5 GiB",
            Self::Plan(_) => return "tell the platform's support what the server answered",
            Self::Request { step, error, .. } => (step, error.kind),
        };
        match kind {
            Kind::Connect => "check the host name and the network, then run the same command again",
            Kind::Tls => "check the server's certificate, or name your CA with --ca-cert",
            Kind::Reset | Kind::Stalled if *step == Step::Download => {
                "check the network and run the same command again; a longer --timeout helps on slow links"
            }
            Kind::Reset | Kind::Stalled | Kind::Slow => {
                "check the network; a lower --concurrency or a longer --timeout helps on slow links"
            }
            Kind::Throttled => "wait a minute and run again, with a lower --concurrency",
            Kind::Corrupted => {
                "upload the file again; if it happens again, something between here and the storage alters the bytes"
            }
            Kind::Server | Kind::MissingETag => "the server is in trouble: run the same command again later",
            Kind::BadAnswer => {
                "check the base URL: this does not look like the platform's API (a proxy, perhaps)"
            }
            Kind::Unauthorized => "sign in again (upload login), or set a fresh FD_ACCESS_TOKEN",
            Kind::Forbidden => {
                "check the partner id (FD_PARTNER_ID or --partner) and the account's permissions"
            }
            Kind::StorageDenied => {
                "run again for fresh URLs; if it persists, check that no proxy alters requests and that the clock is right"
            }
            Kind::Expired => {
                "run again for fresh URLs; a higher --concurrency makes the upload finish in time"
            }
            Kind::NotFound if *step == Step::Complete => {
                "the server no longer knows this upload: run the command again"
            }
            Kind::NotFound if matches!(step, Step::Package | Step::Download) => {
                "check the package's id, and that it belongs to this partner (FD_PARTNER_ID or --partner)"
            }
            Kind::NotFound | Kind::Unsupported => "check the base URL: the server knows no such call",
            Kind::Rejected => "correct what the server names, then run again",
            Kind::Source => "check the file, then run again",
            Kind::Other => "run again with -vv and look at the request that failed",
        }
    }

    /// The kind of the request's trouble; `None` where no request failed.
    #[must_use]
    pub fn transport_kind(&self) -> Option<Kind> {
        match self {
            Self::Request { error, .. } => Some(error.kind),
            Self::Plan(_) => None,
        }
    }
}
