//! The API's way to its storage: real S3 over HTTP, so that any S3 can stand behind it.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use rusty_s3::{
    Bucket, Credentials, S3Action,
    actions::{
        AbortMultipartUpload, CompleteMultipartUpload, CreateBucket, CreateMultipartUpload, GetObject,
        PutObject, UploadPart,
    },
};
use upload_proto::{CompletedPart, ETag, PartNumber, PresignedUrl, PresignedUrlError, headers};

use super::{INTERNAL_HEADER, xml};

/// How long the API's own signed requests are good for.
const OWN_URL_LIFE: Duration = Duration::from_secs(300);

/// Why the storage did not do what the API asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It refused, in S3's words.
    #[error("{code}: {message}")]
    Refused { status: StatusCode, code: String, message: String },
    /// It could not be reached or understood.
    #[error("the storage cannot be reached: {0}")]
    Unreachable(String),
    /// A URL that was signed is not one.
    #[error(transparent)]
    Presigned(#[from] PresignedUrlError),
}

impl From<reqwest::Error> for StoreError {
    fn from(error: reqwest::Error) -> Self {
        // The URL carries a signature.
        Self::Unreachable(error.without_url().to_string())
    }
}

#[derive(Debug)]
pub(crate) struct StorageClient {
    bucket: Bucket,
    credentials: Credentials,
    url_life: Duration,
    internal: HeaderValue,
    http: reqwest::Client,
}

impl StorageClient {
    pub(crate) fn new(
        bucket: Bucket,
        credentials: Credentials,
        url_life: Duration,
        internal: HeaderValue,
    ) -> Result<Self, StoreError> {
        let http = reqwest::Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let url_life = Duration::from_secs(url_life.as_secs().clamp(1, 7 * 24 * 3600));
        Ok(Self { bucket, credentials, url_life, internal, http })
    }

    pub(crate) async fn create_bucket(&self) -> Result<(), StoreError> {
        let url = CreateBucket::new(&self.bucket, &self.credentials).sign(OWN_URL_LIFE);
        match self.send(self.http.put(url)).await {
            Ok(_) => Ok(()),
            Err(StoreError::Refused { code, .. })
                if code == "BucketAlreadyOwnedByYou" || code == "BucketAlreadyExists" =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn create(&self, key: &str) -> Result<String, StoreError> {
        let action = CreateMultipartUpload::new(&self.bucket, Some(&self.credentials), key);
        let answer = self.send(self.http.post(action.sign(OWN_URL_LIFE))).await?.text().await?;
        let id = xml::element(&answer, "UploadId").filter(|id| !id.is_empty());
        id.map(Into::into).ok_or_else(|| StoreError::Unreachable("it answered no upload id".into()))
    }

    /// Puts the parts together, as listed: whether the list is right is the storage's to say.
    pub(crate) async fn complete(
        &self,
        key: &str,
        id: &str,
        parts: &[CompletedPart],
    ) -> Result<Option<ETag>, StoreError> {
        let action = CompleteMultipartUpload::new(
            &self.bucket,
            Some(&self.credentials),
            key,
            id,
            std::iter::empty::<&str>(),
        );
        let request = self.http.post(action.sign(OWN_URL_LIFE)).body(complete_body(parts));
        let answer = self.send(request).await?;
        let status = answer.status();
        let answer = answer.text().await?;
        // S3 may start answering 200 before it knows how the assembly ends, and report an error inside.
        if answer.contains("<Error>") {
            return Err(refused(status, &answer));
        }
        Ok(xml::element(&answer, "ETag").and_then(|etag| etag.parse().ok()))
    }

    pub(crate) async fn abort(&self, key: &str, id: &str) -> Result<(), StoreError> {
        let action = AbortMultipartUpload::new(&self.bucket, Some(&self.credentials), key, id);
        self.send(self.http.delete(action.sign(OWN_URL_LIFE))).await.map(drop)
    }

    /// The object's bytes, as a stream.
    pub(crate) async fn get(&self, key: &str) -> Result<reqwest::Response, StoreError> {
        let action = GetObject::new(&self.bucket, Some(&self.credentials), key);
        self.send(self.http.get(action.sign(OWN_URL_LIFE))).await
    }

    /// A URL that takes one part.
    pub(crate) fn presign_part(
        &self,
        key: &str,
        id: &str,
        part: PartNumber,
    ) -> Result<PresignedUrl, StoreError> {
        let number = u16::try_from(part.get()).unwrap_or(u16::MAX);
        let mut action = UploadPart::new(&self.bucket, Some(&self.credentials), key, number, id);
        action.headers_mut().insert("content-type", headers::OCTET_STREAM);
        Ok(action.sign(self.url_life).as_str().parse()?)
    }

    /// A URL that takes a whole object.
    pub(crate) fn presign_object(&self, key: &str) -> Result<PresignedUrl, StoreError> {
        let mut action = PutObject::new(&self.bucket, Some(&self.credentials), key);
        action.headers_mut().insert("content-type", headers::OCTET_STREAM);
        Ok(action.sign(self.url_life).as_str().parse()?)
    }

    /// Where the object can be found, without any permission to.
    pub(crate) fn location(&self, key: &str) -> String {
        self.bucket.object_url(key).to_string()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, StoreError> {
        let answer = request.header(INTERNAL_HEADER, &self.internal).send().await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        Err(refused(status, &answer.text().await?))
    }
}

fn refused(status: StatusCode, xml: &str) -> StoreError {
    let text = |name| xml::element(xml, name).map(String::from);
    StoreError::Refused {
        status,
        code: text("Code").unwrap_or_else(|| "Unknown".into()),
        message: text("Message").unwrap_or_default(),
    }
}

/// rusty-s3 numbers the parts itself, from 1 on; what the client listed must reach the storage as it is.
fn complete_body(parts: &[CompletedPart]) -> String {
    let mut body =
        String::from(r#"<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#);
    for part in parts {
        let etag = xml::escaped(part.etag.as_str());
        body += &format!("<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag></Part>", part.part_number);
    }
    body + "</CompleteMultipartUpload>"
}
