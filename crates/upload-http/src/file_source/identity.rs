use std::{fs, io, time::SystemTime};

use sha2::{Digest as _, Sha256};
use upload_core::{FileIdentity, Plan, Source as _, SourceError};
use upload_proto::ETag;

use super::FileSource;
use crate::{
    md5_lanes::{Engine, STEP, State},
    range_reader::{Ranged as _, read_exact_at},
};

/// The size of a sampled block, in bytes.
const BLOCK: u64 = 64 * 1024;
/// How many blocks are sampled. A file that has no more is read whole.
const BLOCKS: u64 = 16;
/// How much is read at once for a digest, in bytes.
const DIGEST_BUFFER: usize = 64 * 1024;

impl FileSource {
    /// What tells this file from another, and from itself after an edit; `None` where it has no path, or one that is not
    /// UTF-8. It reads a MiB at most, and blocks while it does.
    ///
    /// # Errors
    /// When the file cannot be read or is not found any more.
    pub fn identity(&self) -> io::Result<Option<FileIdentity>> {
        let Some(path) = &self.0.path else { return Ok(None) };
        let Ok(path) = fs::canonicalize(path)?.into_os_string().into_string() else { return Ok(None) };
        let identity = &self.0.identity;
        let inode = identity.device_and_inode();
        Ok(Some(FileIdentity {
            path,
            size: identity.len,
            modified: identity.modified.and_then(nanoseconds),
            device: inode.map(|(device, _)| device),
            inode: inode.map(|(_, inode)| inode),
            changed: identity.changed(),
            sampled_sha256: self.sampled_sha256()?,
        }))
    }

    /// Whether every stored part has the bytes that stand in this file now: each ETag is the MD5 of the part's bytes. The
    /// parts are read whole, blocking; `watch` is told how many bytes each time, and ends it by answering `false`.
    ///
    /// An ETag that is no MD5 (S3 with SSE-KMS) proves nothing, so the answer is no.
    ///
    /// # Errors
    /// When the file cannot be read, or `watch` ended it ([`io::ErrorKind::Interrupted`]).
    pub fn holds_parts(
        &self,
        plan: Plan,
        etags: &[Option<ETag>],
        mut watch: impl FnMut(u64) -> bool,
    ) -> io::Result<bool> {
        let mut parts = Vec::new();
        for (part, etag) in plan.part_numbers().zip(etags) {
            let Some(etag) = etag else { continue };
            let Some(expected) = etag.as_md5() else { return Ok(false) };
            parts.push((plan.range(part), expected));
        }
        let engine = Engine::new();
        let mut buffers = vec![vec![0; STEP]; parts.len().min(Engine::WIDEST)];
        for together in parts.chunks(Engine::WIDEST) {
            let mut states = vec![engine.start(); together.len()];
            let mut done = 0;
            while done < plan.part_size() {
                let mut steps = Vec::new();
                for ((range, _), buffer) in together.iter().zip(&mut buffers) {
                    let left = usize::try_from(range.len.saturating_sub(done)).unwrap_or(usize::MAX);
                    let step = &mut buffer[..left.min(STEP)];
                    read_exact_at(&self.0.file, step, range.offset + done)?;
                    steps.push(&*step);
                }
                engine.update(&mut states, &steps);
                done += STEP as u64;
                if !watch(steps.iter().map(|step| step.len() as u64).sum()) {
                    return Err(io::ErrorKind::Interrupted.into());
                }
            }
            let is_same = |(state, (_, expected)): (State, &(_, [u8; 16]))| state.finish() == *expected;
            if !states.into_iter().zip(together).all(is_same) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// SHA-256 of the whole file, in hex, as it was when it was opened. It reads the file from one end to the other, blocking;
    /// `watch` is told how many bytes each time, and ends it by answering `false`.
    ///
    /// # Errors
    /// When the file cannot be read, is not what it was when it was opened, or `watch` ended it
    /// ([`io::ErrorKind::Interrupted`]).
    pub fn sha256(&self, mut watch: impl FnMut(u64) -> bool) -> Result<String, SourceError> {
        let (mut hash, mut offset) = (Sha256::new(), 0);
        // One buffer, and not a large one: several files may be read at once, beside the buffers that they are sent through.
        let mut buffer = vec![0; DIGEST_BUFFER];
        while offset < self.len() {
            let rest = usize::try_from(self.len() - offset).unwrap_or(usize::MAX);
            let stretch = &mut buffer[..rest.min(DIGEST_BUFFER)];
            read_exact_at(&self.0.file, stretch, offset)?;
            offset += stretch.len() as u64;
            hash.update(&*stretch);
            if !watch(stretch.len() as u64) {
                return Err(io::Error::from(io::ErrorKind::Interrupted).into());
            }
        }
        self.0.check()?;
        Ok(hex(&hash.finalize()))
    }

    fn sampled_sha256(&self) -> io::Result<String> {
        let mut hash = Sha256::new();
        if self.len() <= BLOCK * BLOCKS {
            hash.update(self.read(0, self.len())?);
        } else {
            // From the first to the last block, evenly: no product here comes near 2^64 with S3's largest object.
            let last = self.len() - BLOCK;
            for number in 0..BLOCKS {
                hash.update(self.read(last * number / (BLOCKS - 1), BLOCK)?);
            }
        }
        Ok(hex(&hash.finalize()))
    }

    fn read(&self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        read_exact_at(&self.0.file, &mut buffer, offset)?;
        Ok(buffer)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Since 1970, or before.
fn nanoseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|nanoseconds| -nanoseconds),
    }
}
