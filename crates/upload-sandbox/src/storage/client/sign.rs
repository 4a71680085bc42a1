//! URLs for clients.

use rusty_s3::{
    S3Action,
    actions::{PutObject, UploadPart},
};
use upload_proto::{PartNumber, PresignedUrl, headers};

use super::{StorageClient, StoreError};

impl StorageClient {
    /// A URL that takes one part.
    pub(crate) fn presign_part(
        &self,
        key: &str,
        id: &str,
        part: PartNumber,
    ) -> Result<PresignedUrl, StoreError> {
        let (bucket, credentials) = (&self.handed_out.bucket, &self.handed_out.credentials);
        let mut action = UploadPart::new(bucket, Some(credentials), key, number(part), id);
        action.headers_mut().insert("content-type", headers::OCTET_STREAM);
        Ok(action.sign(self.url_life).as_str().parse()?)
    }

    /// A URL that takes a whole object.
    pub(crate) fn presign_object(&self, key: &str) -> Result<PresignedUrl, StoreError> {
        let mut action = PutObject::new(&self.handed_out.bucket, Some(&self.handed_out.credentials), key);
        action.headers_mut().insert("content-type", headers::OCTET_STREAM);
        Ok(action.sign(self.url_life).as_str().parse()?)
    }

    /// Where the object can be found, without any permission to.
    pub(crate) fn location(&self, key: &str) -> String {
        // To its own storage, the sandbox may have a door of its own.
        let site = if self.tracked.is_some() { &self.store } else { &self.handed_out };
        if key.is_empty() {
            return site.bucket.base_url().to_string();
        }
        site.bucket.object_url(key).to_string()
    }
}

pub(super) fn number(part: PartNumber) -> u16 {
    u16::try_from(part.get()).unwrap_or(u16::MAX)
}
