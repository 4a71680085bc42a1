use serde::{Deserialize, Serialize};

/// A creative as `POST R/media` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaAsset {
    /// What it is, such as `image`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it can be fetched from.
    pub url: String,
    /// Its name on the platform.
    pub filename: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_answer_reads() {
        let json = r#"{"type":"image","url":"https://cdn.example.com/c.jpg","filename":"creative.jpg"}"#;
        let asset: MediaAsset = serde_json::from_str(json).unwrap();
        assert_eq!((asset.kind.as_str(), asset.filename.as_str()), ("image", "creative.jpg"));
        assert_eq!(serde_json::to_string(&asset).unwrap(), json);
    }
}
