use serde::{Deserialize, Serialize};
use upload_proto::{ETag, ObjectKey, PresignedUrl, UploadId, UploadType};

use crate::Plan;

/// The version of the checkpoint's shape that this crate writes, and the newest it reads. Version 1 had every URL in full.
pub const CHECKPOINT_VERSION: u32 = 2;

/// Everything needed to go on with a multipart upload in another process, or to abort it.
///
/// It holds presigned URLs in full: whoever stores one keeps it readable by its owner only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// [`CHECKPOINT_VERSION`] when written.
    pub version: u32,
    /// The file's name as the platform was told.
    pub filename: String,
    /// The type the upload was started with.
    pub upload_type: UploadType,
    /// How the file is cut.
    pub plan: Plan,
    /// S3's id of the upload.
    pub upload_id: UploadId,
    /// Where the object will stand.
    pub object_key: ObjectKey,
    /// Where each part goes, ascending; as many as the plan has parts.
    #[serde(with = "upload_proto::presigned_urls")]
    pub urls: Vec<PresignedUrl>,
    /// What the storage answered for each part, ascending; `None` where the part is not stored yet.
    pub etags: Vec<Option<ETag>>,
    /// Complete may have been sent: that the server no longer knows the upload can then mean that the object exists.
    #[serde(default)]
    pub completing: bool,
}

impl Checkpoint {
    /// Whether it has a URL and a place for an ETag for each part. One of an upload whose URLs could not be used, and that
    /// could not be aborted either, has not: all that can be done with it is aborting it.
    pub(crate) fn is_whole(&self) -> bool {
        let parts = usize::try_from(self.plan.part_count()).unwrap_or(usize::MAX);
        self.urls.len() == parts && self.etags.len() == parts
    }
}
