//! An S3 that hands every PUT on to another: what comes in has been checked, what goes out is signed anew.

use std::sync::Arc;

use async_trait::async_trait;
use s3s::{
    S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{ETag, PutObjectInput, PutObjectOutput, StreamingBlob, UploadPartInput, UploadPartOutput},
};
use upload_proto::PartNumber;

use super::{StorageClient, StoreError};
use crate::uploads::{StoredPart, Uploads};

pub(crate) struct Relay {
    store: Arc<StorageClient>,
    uploads: Arc<Uploads>,
}

impl Relay {
    pub(crate) fn new(store: Arc<StorageClient>, uploads: Arc<Uploads>) -> Self {
        Self { store, uploads }
    }
}

/// The other storage's refusal, in its own words.
impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused { status, code, message } => {
                let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
                let mut error = Self::with_message(code, message);
                error.set_status_code(status);
                error
            }
            other => Self::with_message(S3ErrorCode::ServiceUnavailable, other.to_string()),
        }
    }
}

/// A body with the length that the gate has seen announced.
fn body(body: Option<StreamingBlob>, length: Option<i64>) -> S3Result<(reqwest::Body, u64)> {
    let length = length.and_then(|length| u64::try_from(length).ok());
    match (body, length) {
        (Some(body), Some(length)) => Ok((reqwest::Body::wrap_stream(body), length)),
        (None, Some(0) | None) => Ok((reqwest::Body::from(""), 0)),
        _ => Err(S3ErrorCode::MissingContentLength.into()),
    }
}

#[async_trait]
impl S3 for Relay {
    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let UploadPartInput { key, upload_id, part_number, body: stream, content_length, .. } = req.input;
        let number = u64::try_from(part_number).ok().and_then(|number| PartNumber::try_from(number).ok());
        let number = number.ok_or(S3ErrorCode::InvalidArgument)?;
        let (body, size) = body(stream, content_length)?;
        let etag = self.store.put_part(&key, &upload_id, number, body, size).await?;
        let part = StoredPart::new(etag.clone(), size);
        self.uploads.stored(&key, &upload_id, part_number, part);
        let e_tag = (!etag.is_empty()).then_some(ETag::Strong(etag));
        Ok(S3Response::new(UploadPartOutput { e_tag, ..UploadPartOutput::default() }))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let PutObjectInput { key, body: stream, content_length, .. } = req.input;
        let (body, size) = body(stream, content_length)?;
        let etag = self.store.put_object(&key, body, size).await?;
        let e_tag = (!etag.is_empty()).then_some(ETag::Strong(etag));
        Ok(S3Response::new(PutObjectOutput { e_tag, ..PutObjectOutput::default() }))
    }
}
