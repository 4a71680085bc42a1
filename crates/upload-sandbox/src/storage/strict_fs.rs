//! s3s-fs with the checks of S3 in front that it leaves out.
//!
//! By itself s3s-fs 0.14 ignores the client's ETags in complete, forgets the upload before it puts it together,
//! answers a missing part with an internal error and an unknown upload with AccessDenied, lists parts without ETags,
//! and keeps a part that arrives while its upload is being aborted.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use s3s::{
    S3, S3Error, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
        CreateMultipartUploadOutput, ETag, GetObjectInput, GetObjectOutput, HeadBucketInput,
        HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output,
        ListPartsInput, ListPartsOutput, Part, PutObjectInput, PutObjectOutput, StreamingBlob,
        UploadPartInput, UploadPartOutput,
    },
    s3_error,
};
use s3s_fs::FileSystem;
use tokio_util::io::ReaderStream;

use crate::uploads::{Closed, Incomplete, StoredPart, Uploads};

/// s3s-fs streams objects in 4 KiB pieces, each by way of the blocking pool; larger ones are read many times faster.
const READ_CHUNK: usize = 256 * 1024;

pub(crate) struct StrictFs {
    inner: FileSystem,
    root: PathBuf,
    uploads: Arc<Uploads>,
}

impl StrictFs {
    pub(crate) fn new(inner: FileSystem, root: PathBuf, uploads: Arc<Uploads>) -> Self {
        Self { inner, root, uploads }
    }

    /// Where s3s-fs keeps a part until complete.
    fn part_path(&self, id: &str, number: i32) -> PathBuf {
        self.root.join(format!(".upload_id-{id}.part-{number}"))
    }
}

fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
         completed."
    )
}

impl From<Incomplete> for S3Error {
    fn from(why: Incomplete) -> Self {
        match why {
            Incomplete::NoSuchUpload => no_such_upload(),
            Incomplete::Empty => s3_error!(MalformedXML, "{why}"),
            Incomplete::Missing(_) | Incomplete::EtagDiffers(_) => s3_error!(InvalidPart, "{why}"),
            Incomplete::Order(..) => s3_error!(InvalidPartOrder, "{why}"),
            Incomplete::TooSmall { .. } => s3_error!(EntityTooSmall, "{why}"),
        }
    }
}

#[async_trait]
impl S3 for StrictFs {
    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let key = req.input.key.clone();
        let answer = self.inner.create_multipart_upload(req).await?;
        if let Some(id) = &answer.output.upload_id {
            self.uploads.opened(&key, id);
        }
        Ok(answer)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let (key, id, number) = (req.input.key.clone(), req.input.upload_id.clone(), req.input.part_number);
        let announced = req.input.content_length.and_then(|length| u64::try_from(length).ok());
        if !self.uploads.takes_parts(&key, &id) {
            return Err(no_such_upload());
        }
        let answer = self.inner.upload_part(req).await?;
        let path = self.part_path(&id, number);
        let size = match announced {
            Some(size) => size,
            None => tokio::fs::metadata(&path).await.map_err(S3Error::internal_error)?.len(),
        };
        let etag = answer.output.e_tag.as_ref().map(|etag| etag.value().to_owned()).unwrap_or_default();
        if !self.uploads.stored(&key, &id, number, StoredPart::new(etag, size)) {
            tokio::fs::remove_file(path).await.ok();
            return Err(no_such_upload());
        }
        Ok(answer)
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let ListPartsInput { bucket, key, upload_id, part_number_marker, max_parts, .. } = req.input;
        let after = part_number_marker.unwrap_or(0);
        let limit = usize::try_from(max_parts.unwrap_or(1000)).unwrap_or(0).min(1000);
        let stored = self.uploads.parts(&key, &upload_id).ok_or_else(no_such_upload)?;
        let mut left: Vec<_> = stored.into_iter().filter(|(number, _)| *number > after).collect();
        let is_truncated = left.len() > limit;
        left.truncate(limit);
        let parts: Vec<_> = left
            .into_iter()
            .map(|(number, part)| Part {
                part_number: Some(number),
                size: i64::try_from(part.size).ok(),
                e_tag: Some(ETag::Strong(part.etag)),
                ..Part::default()
            })
            .collect();
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(bucket),
            key: Some(key),
            upload_id: Some(upload_id),
            is_truncated: Some(is_truncated),
            max_parts: i32::try_from(limit).ok(),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            parts: Some(parts),
            ..ListPartsOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (key, id) = (req.input.key.clone(), req.input.upload_id.clone());
        let parts = req.input.multipart_upload.as_ref().and_then(|list| list.parts.as_deref());
        let listed: Vec<_> = parts
            .unwrap_or_default()
            .iter()
            .map(|part| {
                let etag = part.e_tag.as_ref().map(|etag| etag.value().to_owned());
                (part.part_number.unwrap_or(0), etag.unwrap_or_default())
            })
            .collect();
        self.uploads.claim(&key, &id, &listed)?;
        let answer = self.inner.complete_multipart_upload(req).await;
        // Even when it failed: s3s-fs has forgotten the upload by then.
        self.uploads.closed(&id, Closed::Completed);
        answer
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let (key, id) = (req.input.key.clone(), req.input.upload_id.clone());
        if !self.uploads.takes_parts(&key, &id) {
            return Err(no_such_upload());
        }
        // Closed first, so that a part that is just arriving does not survive it.
        self.uploads.closed(&id, Closed::Aborted);
        self.inner.abort_multipart_upload(req).await
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let whole = req.input.range.is_none();
        let path = super::object_path(&self.root.join(&req.input.bucket), &req.input.key);
        let mut answer = self.inner.get_object(req).await?;
        if whole {
            let file = tokio::fs::File::open(path).await.map_err(|error| s3_error!(error, NoSuchKey))?;
            answer.output.body = Some(StreamingBlob::wrap(ReaderStream::with_capacity(file, READ_CHUNK)));
        }
        Ok(answer)
    }

    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        self.inner.create_bucket(req).await
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.inner.head_bucket(req).await
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.inner.put_object(req).await
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.inner.head_object(req).await
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.inner.list_objects_v2(req).await
    }
}
