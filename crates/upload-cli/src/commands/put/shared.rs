use std::num::NonZeroUsize;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use upload_core::{PartBody, Transport, TransportError, TransportErrorKind};
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, ETag, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse,
};

/// A transport that several uploads share: over all of them, no more parts are in flight than were allowed. Who
/// waits longest goes first, so that a large file does not starve a small one.
pub(super) struct SharedTransport<'a> {
    inner: &'a dyn Transport,
    parts: Semaphore,
}

impl<'a> SharedTransport<'a> {
    pub(super) fn new(inner: &'a dyn Transport, parts_in_flight: NonZeroUsize) -> Self {
        Self { inner, parts: Semaphore::new(parts_in_flight.get()) }
    }
}

#[async_trait]
impl Transport for SharedTransport<'_> {
    async fn initiate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        self.inner.initiate(attempt, upload_type, request).await
    }

    async fn presign(
        &self,
        attempt: u32,
        upload_type: Option<&UploadType>,
        request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        self.inner.presign(attempt, upload_type, request).await
    }

    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        body: PartBody,
    ) -> Result<ETag, TransportError> {
        let permit = self.parts.acquire().await;
        let _held =
            permit.map_err(|error| TransportError::new(TransportErrorKind::Other, error.to_string()))?;
        self.inner.put_part(attempt, url, body).await
    }

    async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        self.inner.complete(attempt, request).await
    }

    async fn validate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        self.inner.validate(attempt, upload_type, request).await
    }

    async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError> {
        self.inner.abort(attempt, request).await
    }
}
