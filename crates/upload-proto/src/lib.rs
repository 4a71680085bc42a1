//! The platform's upload API as data: wire types, identifiers and the endpoint table.
//!
//! No I/O happens here and no HTTP library is pulled in, so this crate serves a client, a server and a mock
//! alike. Three rules hold throughout:
//!
//! - **Read tolerantly, write canonically.** Shapes the public documentation leaves open say *assumed* in their
//!   documentation; they accept the known spellings and ignore unknown fields.
//! - **Mistakes have no spelling.** An [`ETag`] cannot hold its quotes, a URL comes only out of the
//!   [`Endpoint`] table (so `/v3/media` cannot be written), a [`PresignedUrl`] does not print its signature.
//! - **Secrets stay put.** [`AccessToken`], [`RefreshToken`], [`IdToken`], [`Password`] and [`PresignedUrl`] redact their `Debug` and have no `Display`.

mod access_token;
mod auth;
mod authority;
mod base_url;
mod bulk_events;
mod endpoint;
mod endpoint_url;
mod error_body;
mod etag;
mod id;
mod ingest;
mod media;
mod opaque_secret;
mod package;
mod presigned_url;
mod storage;

pub mod headers;
pub mod s3_limits;

pub use access_token::{AccessToken, AccessTokenError};
pub use auth::{RefreshRequest, RefreshResponse, SignInRequest, SignInResponse, SignedIn};
pub use base_url::{ApiHosts, ApiRoot, BaseUrlError};
pub use bulk_events::{BulkUploadOutcome, EventType, UnknownEventType};
pub use endpoint::{BudgetClass, Endpoint, EndpointSpec, HostFamily, Method};
pub use endpoint_url::{EndpointUrl, EndpointUrlError};
pub use error_body::{ErrorBody, ValidationError};
pub use etag::{ETag, ETagError};
pub use id::{IdError, ObjectKey, PartNumber, PartnerId, UploadId, UploadType};
pub use ingest::{IngestKind, IngestShape, Orient, TicketFigures, TransactionSummary, UnknownIngestKind};
pub use media::MediaAsset;
pub use opaque_secret::{EmptySecret, IdToken, Password, RefreshToken};
pub use package::{Package, PackageStatus};
pub use presigned_url::{PresignedUrl, PresignedUrlError, list as presigned_urls};
pub use storage::{
    AbortRequest, CompleteRequest, CompleteResponse, CompletedPart, InitiateRequest, InitiateResponse,
    PresignRequest, PresignResponse, PresignedPart, PresignedParts, ValidateRequest, ValidateResponse,
};
