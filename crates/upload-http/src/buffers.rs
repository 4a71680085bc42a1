//! The memory that file bytes pass through on their way to the socket: buffers that go round instead of being made anew.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

/// What one read fills at best, in bytes: large enough that a system call's cost vanishes, small enough to be still in the
/// processor's cache when it is sent. On loopback, reads and writes of 64 KiB to 1 MiB cost the same within the noise, and twice as
/// much is 1 MiB more at peak.
pub(crate) const LARGE: usize = 64 * 1024;
/// What one read fills when the large ones are all on their way.
const SMALL: usize = 32 * 1024;
/// The most large ones in the process: half a MiB, one for each of the 8 parts in flight that a fast link needs. Slow links need more
/// parts, and less of each.
const LARGE_COUNT: usize = 8;
/// How many small ones are kept while nobody uses them: 1 MiB.
const SMALL_KEPT: usize = 32;

/// What a part in flight may hold at once: a chunk read ahead, one being handed over, one in the connection, and what of it is
/// hashed.
const PER_PART: usize = 4;

/// Bounds the memory that all uploads of this process hold file bytes in, and answers how many parts may be in flight within it:
/// half of it is for large buffers, half for what parts hold beyond them. It is to be called before anything is sent; without it
/// the large buffers are half a MiB, and each part in flight may hold 128 KiB.
///
/// The kernel's socket buffers are not counted. Less than 1 MiB counts as 1 MiB.
#[must_use]
pub fn limit_memory(bytes: u64) -> NonZeroUsize {
    let half = usize::try_from(bytes / 2).unwrap_or(usize::MAX);
    SHARED.state().large_count = (half / LARGE).clamp(2, LARGE_COUNT);
    NonZeroUsize::new(half / (PER_PART * SMALL)).unwrap_or(NonZeroUsize::MIN)
}

/// The buffers of the whole process, whatever the number of files.
pub(crate) static SHARED: Buffers = Buffers::new(LARGE_COUNT);

/// A stock of buffers. It never makes anybody wait, which could wait for ever where chunks are collected; when the large
/// buffers have run out, it hands out small ones instead, so that many slow connections hold little each.
#[derive(Debug)]
pub(crate) struct Buffers {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    large_count: usize,
    large: Vec<Box<[u8]>>,
    large_made: usize,
    small: Vec<Box<[u8]>>,
}

impl Buffers {
    const fn new(large_count: usize) -> Self {
        let state = State { large_count, large: Vec::new(), large_made: 0, small: Vec::new() };
        Self { state: Mutex::new(state) }
    }

    /// A buffer for at most `want` bytes, often for fewer.
    pub(crate) fn take(&'static self, want: u64) -> Buffer {
        let mut state = self.state();
        let mut bytes = None;
        if want > SMALL as u64 {
            bytes = state.large.pop();
            if bytes.is_none() && state.large_made < state.large_count {
                state.large_made += 1;
                bytes = Some(vec![0; LARGE].into_boxed_slice());
            }
        }
        let bytes = bytes.or_else(|| state.small.pop());
        drop(state);
        let bytes = bytes.unwrap_or_else(|| vec![0; SMALL].into_boxed_slice());
        let len = usize::try_from(want).unwrap_or(usize::MAX).min(bytes.len());
        Buffer { bytes, len, home: self }
    }

    fn give_back(&self, bytes: Box<[u8]>) {
        let mut state = self.state();
        match bytes.len() {
            LARGE => state.large.push(bytes),
            SMALL if state.small.len() < SMALL_KEPT => state.small.push(bytes),
            _ => {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A buffer that goes back to its stock when it is dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    len: usize,
    home: &'static Buffers,
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }

    /// The bytes, to be handed on without a copy; the buffer goes back when the last handle to them is gone.
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.home.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> &'static Buffers {
        Box::leak(Box::new(Buffers::new(2)))
    }

    #[test]
    fn a_buffer_comes_back_with_the_last_handle_to_its_bytes() {
        let stock = two();
        let mut buffer = stock.take(u64::MAX);
        buffer.bytes_mut()[..2].copy_from_slice(b"ab");
        let whole = buffer.freeze();
        let part = whole.slice(..2);
        drop(whole);
        assert_eq!(part, "ab");
        assert_eq!(stock.state().large.len(), 0);
        drop(part);
        assert_eq!(stock.state().large.len(), 1);
        assert_eq!(stock.take(1 << 20).len(), LARGE);
        assert_eq!(stock.state().large_made, 1);
    }

    #[test]
    fn when_the_large_ones_are_gone_there_are_small_ones() {
        let stock = two();
        let taken: Vec<Buffer> = (0..4).map(|_| stock.take(1 << 30)).collect();
        assert_eq!(taken.iter().map(Buffer::len).collect::<Vec<_>>(), [LARGE, LARGE, SMALL, SMALL]);
        drop(taken);
        assert_eq!(stock.take(1 << 30).len(), LARGE);
    }

    #[test]
    fn few_bytes_take_no_large_buffer() {
        let stock = two();
        assert_eq!((stock.take(10).len(), stock.take(SMALL as u64).len()), (10, SMALL));
        assert_eq!(stock.state().large_made, 0);
    }
}
