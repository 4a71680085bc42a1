use serde::Deserialize;
use upload_proto::{ObjectKey, UploadId};

use super::record::{Opened, checked};

/// What can still be read of a damaged journal: enough to abort the upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescued {
    /// The upload.
    pub upload_id: UploadId,
    /// The object it was to become.
    pub object_key: ObjectKey,
    /// The root of the API it was opened with.
    pub api: String,
    /// The partner it was opened for.
    pub partner: String,
}

impl Rescued {
    pub(super) fn of_opened(opened: &Opened) -> Self {
        Self {
            upload_id: opened.checkpoint.upload_id.clone(),
            object_key: opened.checkpoint.object_key.clone(),
            api: opened.api.clone(),
            partner: opened.partner.clone(),
        }
    }

    /// Looks through what is left of the first line. The ids stand in front of the long list of URLs.
    pub(super) fn of_line(line: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(line);
        Some(Self {
            upload_id: text_after(&text, "\"upload_id\":")?.parse().ok()?,
            object_key: text_after(&text, "\"object_key\":")?.parse().ok()?,
            api: text_after(&text, "\"api\":")?,
            partner: text_after(&text, "\"partner\":")?,
        })
    }
}

/// The JSON string that follows a key.
fn text_after(text: &str, key: &str) -> Option<String> {
    let (_, rest) = text.split_once(key)?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    values.next()?.ok()
}

/// The version that a whole first line claims, whatever else stands in it.
pub(super) fn claimed_version(line: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Claim {
        version: u32,
    }
    let claim: Claim = serde_json::from_slice(checked(line)?).ok()?;
    Some(claim.version)
}
