//! The object storage: S3 on a port of its own, behind a gate that is as strict as S3; or an S3 elsewhere.

mod client;
mod door;
mod fault;
mod gate;
mod null;
mod open;
mod refusal;
mod relay;
mod service;
mod strict_fs;
mod target;
mod xml;

use std::path::{Component, Path, PathBuf};

pub(crate) use client::{Site, StorageClient, StoreError};
pub use null::NullEtag;
pub(crate) use open::{Surroundings, open};
pub(crate) use refusal::MISTAKE_HEADER;
use relay::Relay;
use service::StorageService;
use strict_fs::StrictFs;

/// The bucket of the sandbox's own storage.
pub(crate) const BUCKET: &str = "uploads";
/// The region signatures are made for; the platform's own.
pub(crate) const REGION: &str = "eu-central-1";
/// Marks the API's own storage requests with a secret of this start: they are neither logged nor given faults.
pub(crate) const INTERNAL_HEADER: &str = "x-sandbox-internal";

/// The file of one stored object; a key cannot lead out of its bucket.
pub(crate) fn object_path(bucket: &Path, key: &str) -> PathBuf {
    let steps = Path::new(key).components().filter(|step| matches!(step, Component::Normal(_)));
    steps.fold(bucket.to_owned(), |path, step| path.join(step))
}
