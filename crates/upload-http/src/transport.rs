use async_trait::async_trait;
use upload_core::{PartBody, Stored, Transport, TransportError};
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse,
};

use crate::{ApiClient, StorageClient};

/// The platform's API and its storage behind the driver's one seam.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    api: ApiClient,
    storage: StorageClient,
}

impl HttpTransport {
    /// Joins the two clients; each keeps to its own side.
    #[must_use]
    pub fn new(api: ApiClient, storage: StorageClient) -> Self {
        Self { api, storage }
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn initiate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        self.api.initiate(attempt, upload_type, request).await
    }

    async fn presign(
        &self,
        attempt: u32,
        upload_type: Option<&UploadType>,
        request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        self.api.presign(attempt, upload_type, request).await
    }

    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        body: PartBody,
    ) -> Result<Stored, TransportError> {
        self.storage.put(attempt, url, body).await
    }

    async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        self.api.complete(attempt, request).await
    }

    async fn validate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        self.api.validate(attempt, upload_type, request).await
    }

    async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError> {
        self.api.abort(attempt, request).await
    }
}
