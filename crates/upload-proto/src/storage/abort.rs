use serde::{Deserialize, Serialize};

use crate::{ObjectKey, UploadId};

/// The JSON body of `DELETE R/v3/storage/multipart-upload` (shape assumed). 200 or 204 is a success with any body,
/// and 404 means that it is gone already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbortRequest {
    /// The upload to give up.
    pub upload_id: UploadId,
    /// The object it would have become.
    pub object_key: ObjectKey,
}
