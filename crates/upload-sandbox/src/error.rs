use std::path::PathBuf;

use crate::FaultSpecError;

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The folder for stored objects cannot be made or used.
    #[error("the sandbox cannot keep its objects under {path}: {source}; choose another folder")]
    StorageDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file system behind the storage refused to open.
    #[error("the sandbox's storage cannot be opened under {path}: {message}")]
    Storage {
        /// The folder.
        path: PathBuf,
        /// What s3s-fs said.
        message: String,
    },
    /// A port could not be opened.
    #[error(
        "the sandbox cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for any free one"
    )]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate or its key cannot be used.
    #[error("the certificate or key in {path} cannot be used: {message}; both are PEM files")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A link was asked for that nobody uses.
    #[error(
        "the link to the storage cannot be shaped: clients go straight to the S3; have the sandbox relay them"
    )]
    LinkElsewhere,
    /// The S3 elsewhere cannot be used.
    #[error("the S3 bucket {url} cannot be used: {message}; check its address, region and keys")]
    Bucket {
        /// Where it is.
        url: String,
        /// What went wrong.
        message: String,
    },
    /// An object could not be read.
    #[error("the object {key} cannot be read: {message}")]
    Object {
        /// Its key.
        key: String,
        /// What the storage said.
        message: String,
    },
    /// A fault was asked for where it cannot happen.
    #[error("the fault {0}")]
    Fault(#[from] FaultSpecError),
    /// The parts were there and did not work together.
    #[error("the sandbox could not be set up: {0}")]
    Setup(String),
}
