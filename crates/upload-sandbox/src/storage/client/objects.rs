//! Bytes in and out.

use http::header;
use rusty_s3::{
    S3Action,
    actions::{GetObject, HeadObject, PutObject, UploadPart},
};
use upload_proto::{ETag, PartNumber, headers};
use url::Url;

use super::{OWN_URL_LIFE, StorageClient, StoreError, connections, sign::number};

impl StorageClient {
    /// The object's bytes, as a stream.
    pub(crate) async fn get(&self, key: &str) -> Result<reqwest::Response, StoreError> {
        self.send(self.http.get(self.object_url(key))).await
    }

    /// The object's bytes, over a connection of their own: this works on any runtime, not only on the one that the
    /// sandbox runs on.
    pub(crate) async fn read(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        let request = connections()?.get(self.object_url(key));
        Ok(self.send(request).await?.bytes().await?.into())
    }

    /// The object's size, in bytes.
    pub(crate) async fn size(&self, key: &str) -> Result<u64, StoreError> {
        let action = HeadObject::new(&self.store.bucket, Some(&self.store.credentials), key);
        let answer = self.send(self.http.head(action.sign(OWN_URL_LIFE))).await?;
        let size =
            answer.headers().get(header::CONTENT_LENGTH).and_then(|size| size.to_str().ok()?.parse().ok());
        size.ok_or_else(|| StoreError::Unreachable("it told no size".into()))
    }

    /// The object's ETag, where it has one.
    pub(super) async fn etag(&self, key: &str) -> Result<Option<ETag>, StoreError> {
        let action = HeadObject::new(&self.store.bucket, Some(&self.store.credentials), key);
        let answer = self.send(self.http.head(action.sign(OWN_URL_LIFE))).await?;
        let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        Ok(etag.and_then(|etag| etag.parse().ok()))
    }

    /// Stores one part and answers its ETag, without quotes; an empty one where the storage gave none.
    pub(crate) async fn put_part(
        &self,
        key: &str,
        id: &str,
        part: PartNumber,
        body: reqwest::Body,
        size: u64,
    ) -> Result<String, StoreError> {
        let (bucket, credentials) = (&self.store.bucket, &self.store.credentials);
        let action = UploadPart::new(bucket, Some(credentials), key, number(part), id);
        self.put(action.sign(OWN_URL_LIFE), body, size).await
    }

    /// Stores a whole object and answers its ETag likewise.
    pub(crate) async fn put_object(
        &self,
        key: &str,
        body: reqwest::Body,
        size: u64,
    ) -> Result<String, StoreError> {
        let action = PutObject::new(&self.store.bucket, Some(&self.store.credentials), key);
        self.put(action.sign(OWN_URL_LIFE), body, size).await
    }

    async fn put(&self, url: Url, body: reqwest::Body, size: u64) -> Result<String, StoreError> {
        let request = self
            .http
            .put(url)
            .header(header::CONTENT_TYPE, headers::OCTET_STREAM)
            .header(header::CONTENT_LENGTH, size)
            .body(body);
        let answer = self.send(request).await?;
        let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        Ok(etag.unwrap_or_default().trim_matches('"').to_owned())
    }

    fn object_url(&self, key: &str) -> Url {
        GetObject::new(&self.store.bucket, Some(&self.store.credentials), key).sign(OWN_URL_LIFE)
    }
}
