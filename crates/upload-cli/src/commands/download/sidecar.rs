use std::{
    fs,
    io::{Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};
use upload_http::Validator;

use super::placing;
use crate::error::CliError;

/// The most of a sidecar that is read, in bytes; an id may be long.
const MAX_LEN: u64 = 64 * 1024;

/// What a partial file's bytes are the beginning of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sidecar {
    pub(super) package: String,
    /// As it stands in `If-Range`.
    pub(super) validator: String,
    pub(super) total: Option<u64>,
}

impl Sidecar {
    /// Reads one. What cannot be made sense of is none: the download starts over.
    pub(super) fn read(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().filter(|found| found.is_file())?;
        let mut text = String::new();
        fs::File::open(path).ok()?.take(MAX_LEN).read_to_string(&mut text).ok()?;
        let sidecar: Self = serde_json::from_str(&text).ok()?;
        sidecar.validator.parse::<Validator>().is_ok().then_some(sidecar)
    }

    /// Writes it in place of an older one.
    ///
    /// # Errors
    /// When the file system fails.
    pub(super) fn write(&self, path: &Path) -> Result<(), CliError> {
        let written = serde_json::to_vec(self).map_err(Into::into).and_then(|text| {
            let mut file = placing::open_private(path)?;
            file.set_len(0)?;
            file.write_all(&text)
        });
        written.map_err(|error| {
            CliError::io("writing", path, &error)
                .hint("make its folder writable, or give another file with -o")
        })
    }
}
