use async_trait::async_trait;
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, ETag, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse,
};

use crate::{PartBody, TransportError};

/// What the storage answers for bytes that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it calls them.
    pub etag: ETag,
    /// Its id of the request (S3's `x-amz-request-id`), which its support asks for; `None` where it gave none.
    pub request_id: Option<String>,
    /// The storage says that the ETag is no MD5 of the bytes, although it may look like one.
    pub opaque_etag: bool,
}

impl From<ETag> for Stored {
    /// An answer that named no request.
    fn from(etag: ETag) -> Self {
        Self { etag, request_id: None, opaque_etag: false }
    }
}

/// Carries one operation of the flow to the platform or to its storage, **once**.
///
/// An implementation tries once and classifies what happened; whether and when to try again is the machine's
/// decision alone. `attempt` (1 for the first try) is for its logs. Dropping a returned future must stop the
/// request: that is how parts in flight end before an abort is sent.
///
/// Only the methods that go to the API may carry credentials; [`put_part`](Self::put_part) goes to the storage and
/// must send exactly the body's length, `Content-Type: application/octet-stream`, and no other header of ours.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Starts a multipart upload.
    async fn initiate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError>;

    /// Asks for one presigned URL for a whole object.
    async fn presign(
        &self,
        attempt: u32,
        upload_type: Option<&UploadType>,
        request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError>;

    /// PUTs a part, or a whole object, to its presigned URL and returns what the storage calls it.
    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        body: PartBody,
    ) -> Result<Stored, TransportError>;

    /// Puts the parts together.
    async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError>;

    /// Has the platform check a completed object.
    async fn validate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError>;

    /// Gives an upload up, freeing its parts.
    async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError>;
}
