//! MD5s of several parts at once: one stream of MD5 cannot use a processor's vector units, eight can.

mod engine;
mod worker;

use std::{
    collections::{BTreeMap, VecDeque},
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, channel::oneshot, future::BoxFuture};
use upload_core::{Chunks, Digester, SourceError};

use self::{
    engine::{Engine, State},
    worker::Due,
};

/// How many chunks of a part may wait to be hashed before it is held back; their buffers are held as long.
const BACKLOG: usize = 2;

/// Hashes the parts in flight on one thread of its own, as many of them at a time as the processor's vectors hold.
///
/// The thread starts with the first part and ends with this value.
#[derive(Debug)]
pub struct Md5Lanes {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    engine: Engine,
    lanes: Mutex<Lanes>,
    work: Condvar,
}

#[derive(Debug, Default)]
struct Lanes {
    next: u64,
    /// The oldest first: they are hashed first, and so are the first to be done.
    open: BTreeMap<u64, Lane>,
    has_thread: bool,
    is_closed: bool,
}

/// A part being hashed.
#[derive(Debug)]
struct Lane {
    waiting: VecDeque<Bytes>,
    /// `None` while the thread has it.
    state: Option<State>,
    /// Bytes the body has not given yet.
    unfed: u64,
    /// Bytes not hashed yet.
    left: u64,
    held_back: Option<Waker>,
    done: Option<oneshot::Sender<[u8; 16]>>,
}

impl Md5Lanes {
    /// Makes one; nothing starts yet.
    #[must_use]
    pub fn new() -> Self {
        let shared = Shared { engine: Engine::new(), lanes: Mutex::default(), work: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }
}

impl Default for Md5Lanes {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Md5Lanes {
    fn drop(&mut self) {
        self.shared.lanes().is_closed = true;
        self.shared.work.notify_all();
    }
}

impl Digester for Md5Lanes {
    fn watch(&self, len: u64, chunks: Chunks) -> (Chunks, BoxFuture<'static, Option<[u8; 16]>>) {
        let (done, digest) = oneshot::channel();
        if len == 0 {
            // Nobody asks for the bytes of an empty body, so nothing would end it.
            let empty = self.md5(&[]);
            return (chunks, std::future::ready(Some(empty)).boxed());
        }
        let number = self.shared.open(len, done);
        let watched = Watched { shared: self.shared.clone(), number, chunks };
        (watched.boxed(), digest.map(Result::ok).boxed())
    }

    fn md5(&self, bytes: &[u8]) -> [u8; 16] {
        self.shared.engine.md5(bytes)
    }
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(self: &Arc<Self>, len: u64, done: oneshot::Sender<[u8; 16]>) -> u64 {
        let mut lanes = self.lanes();
        let number = lanes.next;
        lanes.next += 1;
        let lane = Lane {
            waiting: VecDeque::with_capacity(BACKLOG),
            state: Some(self.engine.start()),
            unfed: len,
            left: len,
            held_back: None,
            done: Some(done),
        };
        lanes.open.insert(number, lane);
        if !lanes.has_thread {
            let shared = self.clone();
            let name = "md5".to_owned();
            // Without a thread every digest stays unknown, and what is unknown is not compared.
            lanes.has_thread =
                std::thread::Builder::new().name(name).spawn(move || worker::run(&shared)).is_ok();
            if !lanes.has_thread {
                lanes.open.remove(&number);
            }
        }
        number
    }
}

/// A body whose chunks are hashed on their way.
struct Watched {
    shared: Arc<Shared>,
    number: u64,
    chunks: Chunks,
}

impl Stream for Watched {
    type Item = Result<Bytes, SourceError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut lanes = this.shared.lanes();
        if let Some(lane) = lanes.open.get_mut(&this.number)
            && lane.waiting.len() >= BACKLOG
        {
            lane.held_back = Some(cx.waker().clone());
            this.shared.work.notify_one();
            return Poll::Pending;
        }
        drop(lanes);
        let next = this.chunks.as_mut().poll_next(cx);
        if let Poll::Ready(Some(Ok(chunk))) = &next
            && !chunk.is_empty()
        {
            let mut lanes = this.shared.lanes();
            if let Some(lane) = lanes.open.get_mut(&this.number) {
                lane.unfed = lane.unfed.saturating_sub(chunk.len() as u64);
                lane.waiting.push_back(chunk.clone());
            }
            if lanes.due() != Due::Later {
                this.shared.work.notify_one();
            }
        }
        next
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut lanes = self.shared.lanes();
        // One that was handed all its bytes is finished by the thread; any other will never be whole.
        let is_whole = lanes.open.get(&self.number).is_none_or(|lane| lane.unfed == 0);
        if !is_whole {
            lanes.open.remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, future::join_all, stream};
    use md5::Digest as _;

    use super::*;

    fn body(content: &[u8], chunk: usize) -> Chunks {
        let chunks: Vec<_> = content.chunks(chunk).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        stream::iter(chunks).boxed()
    }

    #[test]
    fn parts_hashed_together_have_the_digests_of_their_own_bytes() {
        let lanes = Md5Lanes::new();
        let contents: Vec<Vec<u8>> = (0..40_u8).map(|n| vec![n; usize::from(n) * 3001]).collect();
        let digests = contents.iter().enumerate().map(|(n, content)| {
            let (mut chunks, digest) = lanes.watch(content.len() as u64, body(content, 997 + n));
            async move {
                // As the connection does it: nobody asks again after the last byte.
                let mut seen = 0;
                while seen < content.len() {
                    seen += chunks.next().await.unwrap().unwrap().len();
                }
                digest.await
            }
        });
        for (content, digest) in contents.iter().zip(block_on(join_all(digests))) {
            assert_eq!(digest, Some(md5::Md5::digest(content).into()));
        }
        assert!(lanes.shared.lanes().open.is_empty());
    }

    #[test]
    fn chunks_of_different_lengths_are_hashed_together() {
        let lanes = Md5Lanes::new();
        let mut rng = fastrand::Rng::with_seed(5);
        let contents: Vec<Vec<u8>> = (0..16).map(|n| vec![n; 50_000]).collect();
        let digests = contents.iter().map(|content| {
            let (mut chunks, digest) = lanes.watch(content.len() as u64, body(content, rng.usize(1..9000)));
            async move {
                let mut seen = 0;
                while seen < content.len() {
                    seen += chunks.next().await.unwrap().unwrap().len();
                }
                digest.await
            }
        });
        for (content, digest) in contents.iter().zip(block_on(join_all(digests))) {
            assert_eq!(digest, Some(md5::Md5::digest(content).into()));
        }
    }

    #[test]
    fn a_body_given_up_half_way_has_no_digest_and_leaves_nothing_behind() {
        let lanes = Md5Lanes::new();
        let (mut chunks, digest) = lanes.watch(100, body(&[7; 100], 10));
        block_on(chunks.next()).unwrap().unwrap();
        drop(chunks);
        assert_eq!(block_on(digest), None);
        assert!(lanes.shared.lanes().open.is_empty());
    }
}
