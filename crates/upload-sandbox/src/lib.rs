//! The platform's upload API and an S3 server on loopback, for trying things out and for testing a client in any
//! language.
//!
//! [`Sandbox::start`] opens two ports: the API (routes out of upload-proto's endpoint table) and the object storage
//! that the presigned URLs point to. It is **strict**: each of the documented mistakes is refused with an answer
//! that names it ([`Mistake`]), and everything that was asked stands in its log ([`SandboxHandle::log`],
//! `GET /_sandbox/log`). It is also **changeable**: [`AnswerShape`] makes it speak other dialects,
//! [`FaultRule`] makes it misbehave.
//!
//! Nothing is shared with the client beyond the wire types: had both the same logic, both could be wrong together.

mod accounts;
mod api;
mod budget;
mod canned;
mod clock;
mod config;
mod content;
mod csv_check;
mod error;
mod fault;
mod handle;
mod ingest;
mod log;
mod mistake;
mod net;
mod operation;
mod packages;
mod received;
mod s3_store;
mod sandbox;
mod state;
mod storage;
mod uploads;
mod workbook;

pub use accounts::Account;
pub use budget::Budgets;
pub use config::{AnswerShape, AnsweredPartSize, Dialect, SandboxConfig};
pub use error::SandboxError;
pub use fault::{Close, ErrorCode, EtagFault, FaultAction, FaultRule, FaultSpecError, Probability};
pub use handle::SandboxHandle;
pub use ingest::IngestedKind;
pub use log::{HostKind, LogEntry, LogSnapshot};
pub use mistake::Mistake;
pub use net::{Link, Rate, RateError, SandboxTls, SlowConnections};
pub use operation::Operation;
pub use packages::{DEMO_PACKAGE, SandboxPackage};
pub use received::ReceivedFile;
pub use s3_store::{Backend, S3Keys, S3Route, S3Store};
pub use sandbox::Sandbox;
pub use storage::NullEtag;
pub use uploads::OpenUpload;
