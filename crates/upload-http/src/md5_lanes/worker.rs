use std::sync::PoisonError;

use upload_core::SourceError;

use super::{
    Shared,
    lanes::{Job, Step},
};
use crate::range_reader::{Ranged as _, read_all};

/// What is read of each part at once, in bytes: that of 16 parts still fits into the processor's second cache. A multiple of the
/// 64 that MD5 takes in at once, so that none are left over.
pub(crate) const STEP: usize = 16 * 1024;

/// Reads and hashes until the lanes are closed.
pub(super) fn run(shared: &Shared) {
    let _end = End(shared);
    let mut buffers = Vec::new();
    while let Some(Step { jobs, mut states, len }) = next(shared) {
        buffers.resize_with(buffers.len().max(jobs.len()), || vec![0; STEP]);
        let read: Vec<_> =
            jobs.iter().zip(&mut buffers).map(|(job, buffer)| read(job, &mut buffer[..len])).collect();
        let chunks: Vec<&[u8]> = buffers.iter().take(jobs.len()).map(|buffer| &buffer[..len]).collect();
        shared.engine.update(&mut states, &chunks);
        let mut lanes = shared.lanes();
        jobs.iter().zip(states).zip(read).for_each(|((job, state), read)| lanes.settle(job, state, read));
    }
}

/// However the thread ends, nobody goes on waiting for it: their digests stay unknown.
struct End<'a>(&'a Shared);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.lanes().end();
    }
}

/// Waits for something to hash. `None` once the lanes are closed.
fn next(shared: &Shared) -> Option<Step> {
    let mut lanes = shared.lanes();
    loop {
        let step = lanes.take(STEP);
        if !step.jobs.is_empty() {
            return Some(step);
        }
        if lanes.is_closed {
            return None;
        }
        lanes = shared.work.wait(lanes).unwrap_or_else(PoisonError::into_inner);
    }
}

/// As for bytes that are sent: of a file that has changed, they are not a part's.
fn read(job: &Job, buffer: &mut [u8]) -> Result<(), SourceError> {
    read_all(&*job.file, buffer, job.offset)?;
    if job.is_last { job.file.check() } else { Ok(()) }
}
