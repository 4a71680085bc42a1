//! Whether what the storage has is what was sent: part MD5s and the composite ETag.

mod composite;

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{future::BoxFuture, stream::BoxStream};
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, ETag, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse, ValidationError,
};

use crate::{PartBody, SourceError, Stored, Transport, TransportError, TransportErrorKind as Kind};

/// The bytes of one body, still to be sent.
pub type Chunks = BoxStream<'static, Result<Bytes, SourceError>>;

/// The MD5 of a body that was sent; `None` where nothing could compute it, or not all of the body was sent.
///
/// It is an error of the source where the bytes had to be read for it and could not be, or are others by now.
pub type Digest = BoxFuture<'static, Result<Option<[u8; 16]>, SourceError>>;

/// Computes MD5s of bodies: when and how many at once is its own business.
pub trait Digester: Send + Sync {
    /// A body of the same bytes, to be sent, and what their MD5 is. It is asked for once the body has been sent, and dropped where it
    /// will not be needed.
    ///
    /// Where the body has an [origin](crate::Origin), the bytes may be read there instead of on their way: a body that keeps its
    /// origin can still be sent unread.
    fn digest(&self, body: PartBody) -> (PartBody, Digest);

    /// The MD5 of a few bytes at once.
    fn md5(&self, bytes: &[u8]) -> [u8; 16];
}

/// A transport that compares each part's ETag with the MD5 of the bytes that were sent, and the object's with the parts'.
///
/// A part that does not match is an error of the kind [`Corrupted`](Kind::Corrupted), which is sent again; an object that
/// does not is a finding in complete's answer, since it exists. Storage that
/// answers something else than MD5s (SSE-KMS, SSE-C; S3 API Reference, "Object": ETag) cannot be compared with: the check
/// is given up, which [`warning`](Self::warning) tells.
pub struct VerifyingTransport<'a> {
    inner: &'a dyn Transport,
    digester: &'a dyn Digester,
    blind: AtomicBool,
    /// A part has matched: ETags are MD5s here.
    matched: AtomicBool,
    warned: Mutex<Option<String>>,
}

impl<'a> VerifyingTransport<'a> {
    /// Verifies what goes through `inner`.
    #[must_use]
    pub fn new(inner: &'a dyn Transport, digester: &'a dyn Digester) -> Self {
        Self {
            inner,
            digester,
            blind: AtomicBool::new(false),
            matched: AtomicBool::new(false),
            warned: Mutex::default(),
        }
    }

    /// Why something could not be compared, told once.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether ETags are compared: not any more once the storage has answered one that is no MD5.
    #[must_use]
    pub fn compares(&self) -> bool {
        !self.blind.load(Relaxed)
    }

    fn cannot_compare(&self, why: impl Into<String>) {
        if !self.blind.swap(true, Relaxed) {
            self.warn(why.into());
        }
    }

    fn warn(&self, why: String) {
        *self.warned.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }
}

#[async_trait]
impl Transport for VerifyingTransport<'_> {
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
    ) -> Result<Stored, TransportError> {
        if self.blind.load(Relaxed) {
            return self.inner.put_part(attempt, url, body).await;
        }
        let (body, digest) = self.digester.digest(body);
        let stored = self.inner.put_part(attempt, url, body).await?;
        let etag = &stored.etag;
        let Some(md5) = etag.as_md5().filter(|_| !stored.opaque_etag) else {
            self.cannot_compare(format!(
                "the storage's ETags are no MD5s ('{etag}'), as with SSE-KMS: the parts are not verified"
            ));
            return Ok(stored);
        };
        let digest = digest.await.map_err(|local| TransportError::new(Kind::Source, local.to_string()))?;
        match digest {
            Some(sent) if sent == md5 => {
                self.matched.store(true, Relaxed);
                return Ok(stored);
            }
            Some(_) => {}
            None => {
                self.cannot_compare("nothing here computes MD5s: the parts are not verified");
                return Ok(stored);
            }
        }
        Err(TransportError::new(
            Kind::Corrupted,
            format!("the storage has other bytes than were sent: its ETag {etag} is not their MD5"),
        ))
    }

    async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        let mut response = self.inner.complete(attempt, request).await?;
        let Some(etag) = response.etag.as_ref().filter(|_| !self.blind.load(Relaxed)) else {
            return Ok(response);
        };
        let parts: Vec<ETag> = request.parts.iter().map(|part| part.etag.clone()).collect();
        match composite::composite(&parts, |bytes| self.digester.md5(bytes)) {
            Some(expected) if expected.eq_ignore_ascii_case(etag.as_str()) => {}
            // The object exists, so this is no failure to complete: it is a finding about what is stored.
            // Where no part has matched in this run, a resumed one, its parts' ETags may be no MD5s either.
            Some(expected) if composite::is_composite(etag) && self.matched.load(Relaxed) => {
                let message = format!("the object's ETag is {etag}, its parts make {expected}");
                let code = "ETAG_MISMATCH".into();
                let finding = ValidationError { code, message: Some(message), row: None, column: None };
                response.validation_errors.push(finding);
            }
            // That says nothing about the parts, which are compared on.
            _ => self.warn(format!(
                "the object's ETag '{etag}' is not made of its parts' MD5s: the whole is not verified, its parts are"
            )),
        }
        Ok(response)
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

impl std::fmt::Debug for VerifyingTransport<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyingTransport").field("blind", &self.blind).finish_non_exhaustive()
    }
}
