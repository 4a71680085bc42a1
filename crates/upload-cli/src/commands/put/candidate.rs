use std::path::PathBuf;

use upload_proto::UploadType;

use crate::args::PatternChoice;

/// Where a file's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Path(PathBuf),
    Stdin,
}

/// A file that was named, not looked at yet.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) origin: Origin,
    pub(super) overrides: Overrides,
}

/// A file's own settings, which go before the command's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Overrides {
    pub(super) name: Option<String>,
    pub(super) upload_type: Option<UploadType>,
    pub(super) pattern: Option<PatternChoice>,
    pub(super) part_size: Option<u64>,
    pub(super) validate: Option<bool>,
}

impl Candidate {
    pub(super) fn of(path: PathBuf) -> Self {
        Self { origin: Origin::Path(path), overrides: Overrides::default() }
    }

    /// What people call it: its path as it was given, or `-`.
    pub(super) fn label(&self) -> String {
        match &self.origin {
            Origin::Path(path) => path.display().to_string(),
            Origin::Stdin => "-".into(),
        }
    }
}
