//! What HTTP is given in the place of bytes that go from their file to the socket: slices of a block that nobody ever reads, each as
//! long as the bytes it stands for, and known by their address.

use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures::{FutureExt, Stream};
use tokio::task::JoinHandle;
use upload_core::SourceError;

use super::sendfile::{COPIED, Lane};
use crate::{
    file_source::Opened,
    range_reader::{Ranged as _, read_all, read_in_memory},
};

/// The most that is handed to a connection at once, in bytes. Nothing of it is held, so only a look into the page cache is saved by
/// more.
pub(super) const SLICE: usize = 512 * 1024;

/// A block of addresses: zeroed pages that are never touched are never there.
static STAND_IN: OnceLock<Bytes> = OnceLock::new();

fn stand_in(len: usize) -> Bytes {
    STAND_IN.get_or_init(|| vec![0; SLICE].into()).slice(..len)
}

/// Whether these are no bytes to be sent, but stand for some of a file.
pub(super) fn is_stand_in(bytes: &[u8]) -> bool {
    STAND_IN.get().is_some_and(|block| block.as_ptr_range().contains(&bytes.as_ptr()))
}

/// Stand-ins for the bytes of a lane, each once its bytes are in memory: the operating system would have this thread wait for the disk
/// otherwise.
pub(super) struct StandIns {
    lane: Arc<Lane>,
    loading: Option<JoinHandle<Result<(), SourceError>>>,
}

impl StandIns {
    pub(super) fn new(lane: Arc<Lane>) -> Self {
        Self { lane, loading: None }
    }
}

impl Stream for StandIns {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let (at, len) = this.lane.next_slice();
        if len == 0 {
            return Poll::Ready(None);
        }
        if this.loading.is_none() && !is_in_memory(this.lane.file(), at, len) {
            let file = this.lane.file().clone();
            this.loading = Some(tokio::task::spawn_blocking(move || load(&file, at, len)));
        }
        if let Some(loading) = &mut this.loading {
            let loaded = ready!(loading.poll_unpin(cx));
            this.loading = None;
            loaded.unwrap_or_else(|join| Err(SourceError::Io(io::Error::other(join))))?;
        }
        this.lane.hand_over(len)?;
        Poll::Ready(Some(Ok(stand_in(len))))
    }
}

/// Whether the first and the last of the bytes are: what lies between was read with them.
fn is_in_memory(file: &Opened, at: u64, len: usize) -> bool {
    [at, at + len as u64 - 1].into_iter().all(|byte| read_in_memory(file, &mut [0], byte).is_some())
}

fn load(file: &Opened, at: u64, len: usize) -> Result<(), SourceError> {
    read_ahead(file, at + len as u64);
    let mut bytes = vec![0; COPIED];
    let mut done = 0;
    while done < len {
        let next = (len - done).min(COPIED);
        read_all(file, &mut bytes[..next], at + done as u64)?;
        done += next;
    }
    Ok(())
}

/// Has the operating system begin with the slice behind, so that it is there when this one has been sent.
#[cfg(target_os = "linux")]
fn read_ahead(file: &Opened, at: u64) {
    let len = std::num::NonZero::new(SLICE as u64);
    // It is advice: where it is not taken, the bytes are waited for.
    let _ = rustix::fs::fadvise(file.file(), at, len, rustix::fs::Advice::WillNeed);
}

#[cfg(not(target_os = "linux"))]
fn read_ahead(_: &Opened, _: u64) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_block_itself_stands_for_other_bytes() {
        let block = stand_in(SLICE);
        assert!(is_stand_in(&block) && is_stand_in(&block[SLICE - 1..]) && is_stand_in(&stand_in(3)));
        assert!(!is_stand_in(&[0; 8]) && !is_stand_in(b"bytes"));
    }
}
