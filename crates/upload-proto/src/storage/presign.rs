use serde::{Deserialize, Serialize};

use crate::{ObjectKey, PresignedUrl};

/// The body of `POST R/v3/storage/presigned-url` (shape assumed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresignRequest {
    /// The file's name, without folders.
    pub filename: String,
}

/// The answer to it: where the whole object goes in one PUT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresignResponse {
    /// The URL its bytes are PUT to.
    #[serde(alias = "presigned_url", alias = "signed_url", alias = "upload_url")]
    pub url: PresignedUrl,
    /// Where the object will stand.
    #[serde(alias = "objectKey", alias = "key")]
    pub object_key: ObjectKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_read() {
        for json in
            [r#"{"url":"https://s/k?x=1","object_key":"k"}"#, r#"{"upload_url":"https://s/k?x=1","key":"k"}"#]
        {
            let response: PresignResponse = serde_json::from_str(json).unwrap();
            assert_eq!(response.object_key.as_str(), "k");
            assert_eq!(response.url.expose(), "https://s/k?x=1");
        }
    }
}
