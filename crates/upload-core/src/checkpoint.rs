use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};
use upload_proto::{ETag, ObjectKey, PresignedUrl, UploadId, UploadType};

use crate::Plan;

/// The version of the checkpoint's shape that this crate writes.
pub const CHECKPOINT_VERSION: u32 = 1;

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
    #[serde(deserialize_with = "alike_urls")]
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

/// URLs of one upload, which share what is the same in them.
fn alike_urls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PresignedUrl>, D::Error> {
    struct Urls;

    impl<'de> Visitor<'de> for Urls {
        type Value = Vec<PresignedUrl>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of presigned URLs")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut urls: Vec<PresignedUrl> = Vec::new();
            while let Some(text) = list.next_element::<Cow<'_, str>>()? {
                let url = urls.last().map_or_else(|| text.parse(), |before| before.alike(&text));
                urls.push(url.map_err(A::Error::custom)?);
            }
            Ok(urls)
        }
    }

    deserializer.deserialize_seq(Urls)
}
