//! The storage family: presigned multipart and single presigned PUT, one operation a file.

mod abort;
mod complete;
mod initiate;
mod presign;
mod presigned_parts;
mod validate;

pub use abort::AbortRequest;
pub use complete::{CompleteRequest, CompleteResponse, CompletedPart};
pub use initiate::{InitiateRequest, InitiateResponse};
pub use presign::{PresignRequest, PresignResponse};
pub use presigned_parts::{PresignedPart, PresignedParts};
pub use validate::{ValidateRequest, ValidateResponse};
