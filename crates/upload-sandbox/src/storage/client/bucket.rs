use rusty_s3::{
    S3Action,
    actions::{CreateBucket, HeadBucket},
};

use super::{OWN_URL_LIFE, StorageClient, StoreError};

impl StorageClient {
    /// Creates the bucket, unless it is there.
    pub(crate) async fn ensure_bucket(&self) -> Result<(), StoreError> {
        let head = HeadBucket::new(&self.store.bucket, Some(&self.store.credentials)).sign(OWN_URL_LIFE);
        match self.send(self.http.head(head)).await {
            Err(StoreError::Refused { status, .. }) if status == http::StatusCode::NOT_FOUND => {}
            other => return other.map(drop),
        }
        let create = CreateBucket::new(&self.store.bucket, &self.store.credentials);
        // Outside of us-east-1, AWS wants the region in the body; others do not know it for a place of theirs.
        match self.create_bucket(create.body()).await {
            Err(StoreError::Refused { code, .. }) if code.ends_with("LocationConstraint") => {
                self.create_bucket(String::new()).await
            }
            other => other,
        }
    }

    async fn create_bucket(&self, body: String) -> Result<(), StoreError> {
        let url = CreateBucket::new(&self.store.bucket, &self.store.credentials).sign(OWN_URL_LIFE);
        match self.send(self.http.put(url).body(body)).await {
            Ok(_) => Ok(()),
            // Somebody else was quicker.
            Err(StoreError::Refused { code, .. })
                if code == "BucketAlreadyOwnedByYou" || code == "BucketAlreadyExists" =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
