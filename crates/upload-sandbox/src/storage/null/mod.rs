//! A storage that keeps no byte of what it is sent: the other end for measuring what a client costs.
//!
//! It shares the machine with the client it measures, so it is made to cost little: no HTTP library, no signature, no
//! log entry; bodies are thrown away in the kernel where Linux can. What is left is S3's protocol: sizes, ETags and
//! multipart uploads are right.

mod answer;
mod aws_chunked;
mod body;
mod connection;
mod discard;
mod etag;
mod head;
mod inbound;
mod kept;
mod objects;
mod operation;
mod uploads;
mod whole;

use std::sync::Arc;

pub(crate) use connection::serve;
pub use etag::NullEtag;
use objects::Objects;

use crate::{clock::Clock, uploads::Uploads};

/// What all connections share.
#[derive(Debug)]
pub(crate) struct NullStorage {
    etag: NullEtag,
    clock: Clock,
    uploads: Arc<Uploads>,
    objects: Objects,
}

impl NullStorage {
    pub(crate) fn new(etag: NullEtag, clock: Clock, uploads: Arc<Uploads>) -> Self {
        Self { etag, clock, uploads, objects: Objects::default() }
    }
}
