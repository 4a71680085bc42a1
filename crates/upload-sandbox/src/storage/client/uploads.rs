//! Multipart uploads: create, complete, abort, and what is stored of one.

use http::StatusCode;
use rusty_s3::{
    S3Action,
    actions::{AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, ListParts},
};
use upload_proto::{CompletedPart, ETag};

use super::{super::xml, OWN_URL_LIFE, StorageClient, StoreError, error::refused};
use crate::uploads::{Closed, Uploads};

impl StorageClient {
    pub(crate) async fn create(&self, key: &str) -> Result<String, StoreError> {
        let action = CreateMultipartUpload::new(&self.store.bucket, Some(&self.store.credentials), key);
        let answer = self.send(self.http.post(action.sign(OWN_URL_LIFE))).await?.text().await?;
        let id = xml::element(&answer, "UploadId").filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| StoreError::Unreachable("it answered no upload id".into()))?;
        if let Some(uploads) = &self.tracked {
            uploads.opened(key, &id);
        }
        Ok(id.into())
    }

    /// Puts the parts together, as listed: whether the list is right is the storage's to say.
    pub(crate) async fn complete(
        &self,
        key: &str,
        id: &str,
        parts: &[CompletedPart],
    ) -> Result<Option<ETag>, StoreError> {
        let (bucket, credentials) = (&self.store.bucket, &self.store.credentials);
        let nothing = std::iter::empty::<&str>();
        let action = CompleteMultipartUpload::new(bucket, Some(credentials), key, id, nothing);
        let body = self.complete_body(id, parts);
        let answer = self.send(self.http.post(action.sign(OWN_URL_LIFE)).body(body)).await?;
        let status = answer.status();
        let answer = answer.text().await?;
        // S3 may start answering 200 before it knows how the assembly ends, and report an error inside.
        if answer.contains("<Error>") {
            return Err(refused(status, &answer));
        }
        if let Some(uploads) = &self.tracked {
            uploads.closed(id, Closed::Completed);
        }
        match xml::element(&answer, "ETag").filter(|etag| !etag.is_empty()) {
            Some(etag) => Ok(etag.parse().ok()),
            // Ceph's gateway (16.2) names none here, and knows it all the same.
            None => self.etag(key).await,
        }
    }

    pub(crate) async fn abort(&self, key: &str, id: &str) -> Result<(), StoreError> {
        let action = AbortMultipartUpload::new(&self.store.bucket, Some(&self.store.credentials), key, id);
        let aborted = self.send(self.http.delete(action.sign(OWN_URL_LIFE))).await;
        // An upload that is gone was closed by an earlier try, whose end nobody waited for.
        let is_over = match &aborted {
            Ok(_) => true,
            Err(StoreError::Refused { code, .. }) => code == "NoSuchUpload",
            Err(_) => false,
        };
        if let Some(uploads) = self.tracked.as_ref().filter(|_| is_over) {
            uploads.closed(id, Closed::Aborted);
        }
        aborted.map(drop)
    }

    /// The numbers of the parts that are stored, ascending; none where the upload is not open.
    pub(crate) async fn stored_parts(
        &self,
        uploads: &Uploads,
        key: &str,
        id: &str,
    ) -> Result<Vec<u32>, StoreError> {
        if !self.is_direct {
            let stored = uploads.parts(key, id).unwrap_or_default();
            return Ok(stored.iter().filter_map(|(number, _)| u32::try_from(*number).ok()).collect());
        }
        match self.listed_parts(key, id).await {
            Err(StoreError::Refused { status, .. }) if status == StatusCode::NOT_FOUND => Ok(Vec::new()),
            other => other,
        }
    }

    async fn listed_parts(&self, key: &str, id: &str) -> Result<Vec<u32>, StoreError> {
        let mut numbers = Vec::new();
        let mut after = None;
        loop {
            let (bucket, credentials) = (&self.store.bucket, &self.store.credentials);
            let mut action = ListParts::new(bucket, Some(credentials), key, id);
            if let Some(number) = after {
                action.set_part_number_marker(number);
            }
            let answer = self.send(self.http.get(action.sign(OWN_URL_LIFE))).await?.text().await?;
            let list = ListParts::parse_response(&answer)
                .map_err(|error| StoreError::Unreachable(format!("its list of parts: {error}")))?;
            numbers.extend(list.parts.iter().map(|part| u32::from(part.number)));
            // A marker that leads nowhere new would lead there for ever.
            match list.next_part_number_marker.filter(|next| after.is_none_or(|last| last < *next)) {
                Some(next) if !list.parts.is_empty() => after = Some(next),
                _ => break,
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// rusty-s3 numbers the parts itself, from 1 on; what the client listed must reach the storage as it is, except for
    /// ETags that a fault has changed on their way to the client.
    fn complete_body(&self, id: &str, parts: &[CompletedPart]) -> String {
        let mut body =
            String::from(r#"<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#);
        for part in parts {
            let listed = part.etag.as_str();
            let kept =
                self.tracked.as_ref().and_then(|uploads| uploads.kept_etag(id, part.part_number, listed));
            let etag = xml::escaped(kept.as_deref().unwrap_or(listed));
            body += &format!("<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag></Part>", part.part_number);
        }
        body + "</CompleteMultipartUpload>"
    }
}
