//! The storage family: presigned multipart and single presigned PUT.

use std::time::Duration;

use upload_core::TransportError;
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, Endpoint, InitiateRequest, InitiateResponse,
    PresignRequest, PresignResponse, UploadType, ValidateRequest, ValidateResponse,
};

use super::{ApiClient, call::Call};

/// How long the answer to complete may take at the least: S3 itself may work on it for several minutes (S3 API
/// Reference, `CompleteMultipartUpload`).
const COMPLETE_ALLOWANCE: Duration = Duration::from_secs(300);

impl ApiClient {
    /// Starts a multipart upload.
    ///
    /// An answer that opens an upload and refuses it at once by `validation_errors` is a refusal; the upload it
    /// opened is aborted before this returns, since nobody else would know of it.
    ///
    /// # Errors
    /// When the platform refuses, or no usable answer comes.
    pub async fn initiate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        let call = self.call(Endpoint::InitiateMultipart, attempt).json(request)?;
        let answer = self.0.send(Call { upload_type: Some(upload_type), ..call }).await?;
        let opened: Result<InitiateResponse, _> = answer.json();
        let Err(mut refusal) = answer.refuse_validation_errors() else { return opened };
        if let Ok(InitiateResponse { upload_id, object_key, .. }) = opened
            && let Err(error) = self.abort(1, &AbortRequest { upload_id, object_key }).await
        {
            refusal.message.push_str(&format!("; the upload it opened could not be aborted: {error}"));
        }
        Err(refusal)
    }

    /// Asks for one presigned URL for a whole object.
    ///
    /// # Errors
    /// When the platform refuses, or no usable answer comes.
    pub async fn presign(
        &self,
        attempt: u32,
        upload_type: Option<&UploadType>,
        request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        let call = self.call(Endpoint::PresignPut, attempt).json(request)?;
        let answer = self.0.send(Call { upload_type, ..call }).await?;
        answer.refuse_validation_errors()?;
        answer.json()
    }

    /// Puts the parts together. The answer may take five minutes, or the idle timeout where that is longer. An
    /// empty body is a success that says nothing.
    ///
    /// # Errors
    /// When the platform refuses, or no usable answer comes.
    pub async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        let mut call = self.call(Endpoint::CompleteMultipart, attempt).json(request)?;
        call.allowance = call.allowance.max(COMPLETE_ALLOWANCE);
        let answer = self.0.send(call).await?;
        if answer.is_empty() { Ok(CompleteResponse::default()) } else { answer.json() }
    }

    /// Has the platform check a completed object.
    ///
    /// # Errors
    /// `NotFound` or `Unsupported` where this server offers none, and whatever else can happen.
    pub async fn validate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        let call = self.call(Endpoint::ValidateMultipart, attempt).json(request)?;
        self.0.send(Call { upload_type: Some(upload_type), ..call }).await?.json()
    }

    /// Gives an upload up. Any success counts, whatever its body.
    ///
    /// # Errors
    /// `NotFound` where it is gone already, and whatever else can happen.
    pub async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError> {
        let call = self.call(Endpoint::AbortMultipart, attempt).json(request)?;
        self.0.send(call).await.map(drop)
    }
}
