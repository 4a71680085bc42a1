//! The upload flow's transport over HTTP, and what else [`upload_core::Driver`] needs from a machine
//! with files and tokio.
//!
//! Two clients that cannot be confused, because they are two types:
//!
//! - [`ApiClient`] holds the credentials. It can call nothing but the rows of [`upload_proto::Endpoint`], and it
//!   follows no redirect, which would carry the credentials elsewhere. Its token is a fixed one or that of a
//!   [`Session`], which renews it; it keeps to the platform's budgets by a [`Pace`].
//! - [`StorageClient`] has never seen a credential. It can PUT a body of known length to a presigned URL, and that
//!   is all it can do.
//!
//! [`HttpTransport`] joins the two into an [`upload_core::Transport`]; [`FileSource`] and [`TokioClock`] are the
//! driver's other needs. Everything here tries once and says what happened; trying again is the machine's decision. The
//! one exception: a call whose token has died is sent again with a new one.
//!
//! [`AuthClient`] signs in. [`FileJournal`] keeps an upload on disk, so that another process can go on with it.
//!
//! Every request is logged by `tracing` at debug level, under the targets `upload_http::api` and
//! `upload_http::storage`, with method, host, path, attempt, status and duration; no query, token or body is. Waiting for
//! a budget is logged under `upload_http::pacing`, trouble with a kept session under `upload_http::auth`.

mod api;
mod auth;
mod buffers;
mod classify;
mod clock;
mod download;
mod exchange;
mod file_journal;
mod file_source;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod md5_lanes;
mod network;
mod pacing;
mod proxy;
mod range_reader;
mod response;
mod storage;
mod tls;
mod transport;
mod watched_body;

pub use api::{ApiClient, FormFile};
pub use auth::{AuthClient, Claims, SavedSession, Session, SessionStore, StoreLock, Tokens};
pub use buffers::limit_memory;
pub use clock::TokioClock;
pub use download::{Download, ResumePoint, Validator, ValidatorError};
pub use file_journal::{FileJournal, ReadJournalError};
pub use file_source::{FileSource, OpenError};
pub use md5_lanes::Md5Lanes;
pub use network::{NetworkConfig, SetupError};
pub use pacing::{Budget, Budgets, Pace};
pub use storage::StorageClient;
pub use transport::HttpTransport;
