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
    /// A fault was asked for where it cannot happen.
    #[error("the fault {0}")]
    Fault(#[from] FaultSpecError),
    /// The parts were there and did not work together.
    #[error("the sandbox could not be set up: {0}")]
    Setup(String),
}
