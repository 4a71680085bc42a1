//! Packages, whose customer lists are downloaded as CSV (package builder page).

use serde::{Deserialize, Deserializer, Serialize};

/// How far a package has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PackageStatus {
    /// Not begun.
    Initializing,
    /// Being made.
    InProgress,
    /// Made: it has a customer list.
    Done,
    /// It will not be made.
    Failed,
    /// It was made, and is gone.
    Expired,
    /// Something the documentation does not list.
    #[serde(untagged)]
    Other(String),
}

impl PackageStatus {
    /// Whether waiting may still change it. A status nobody documents is waited for like one that is under way.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        !matches!(self, Self::Done | Self::Failed | Self::Expired)
    }

    /// The status as the platform spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Initializing => "INITIALIZING",
            Self::InProgress => "INPROGRESS",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
            Self::Expired => "EXPIRED",
            Self::Other(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for PackageStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let documented = [Self::Initializing, Self::InProgress, Self::Done, Self::Failed, Self::Expired];
        Ok(documented.into_iter().find(|status| status.as_str() == text).unwrap_or(Self::Other(text)))
    }
}

/// The answer to `GET R/v3/package_builder/packages/{id}`; of its fields only the status is documented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// How far it has come.
    pub status: PackageStatus,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_and_writes_as_documented_and_an_unknown_one_is_kept() {
        for text in ["INITIALIZING", "INPROGRESS", "DONE", "FAILED", "EXPIRED", "PAUSED"] {
            let json = format!(r#"{{"status":"{text}"}}"#);
            let package: Package = serde_json::from_str(&json).unwrap();
            assert_eq!(package.status.as_str(), text);
            assert_eq!(serde_json::to_string(&package).unwrap(), json);
            let is_over = ["DONE", "FAILED", "EXPIRED"].contains(&text);
            assert_eq!(package.status.is_under_way(), !is_over, "{text}");
        }
    }
}
