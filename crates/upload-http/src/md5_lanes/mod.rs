//! MD5s of several parts at once: one stream of MD5 cannot use a processor's vector units, eight can.

mod engine;
mod lanes;
mod passing;
mod worker;

use std::{
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use futures::{FutureExt, channel::oneshot};
use upload_core::{Digest, Digester, PartBody, SourceError};

use self::lanes::{Lane, Lanes, Md5};
pub(crate) use self::{
    engine::{Engine, State},
    worker::STEP,
};
use crate::file_source::Opened;

/// How many threads there are at the most: one for each device, and devices are few but where every snapshot is one.
const MOST_THREADS: usize = 8;

/// Hashes the parts of files on threads of its own, as many of them at a time as the processor's vectors hold.
///
/// A thread reads them from their files itself, beside whatever sends them: it need not wait for the network, so there are nearly
/// always enough parts to fill the vectors, and the bytes of a step are still in the processor's cache when they are hashed.
/// It begins once the first digest is asked for, so that nothing is read in vain where the storage's ETags are no MD5s, and ends
/// with this value. Each device that files lie on has its own, up to eight of them: reading waits for the slowest, and of a mount that
/// hangs for ever, which does not keep files elsewhere from being hashed. Bodies of anything but a
/// [`FileSource`](crate::FileSource) are hashed on their way, one by one.
#[derive(Debug)]
pub struct Md5Lanes {
    engine: Engine,
    /// By device, in the order in which they were first seen.
    devices: Mutex<Vec<(u64, Arc<Shared>)>>,
}

/// What a thread shares with those who wait for its digests.
#[derive(Debug)]
struct Shared {
    engine: Engine,
    lanes: Mutex<Lanes>,
    work: Condvar,
}

impl Md5Lanes {
    /// Makes one; nothing starts yet.
    #[must_use]
    pub fn new() -> Self {
        Self { engine: Engine::new(), devices: Mutex::default() }
    }

    /// What hashes the files of a device. Beyond the most threads, they share the last.
    fn of(&self, device: u64) -> Arc<Shared> {
        let mut devices = self.devices();
        let known = devices.iter().find(|(known, _)| *known == device);
        let shared = known.or_else(|| devices.get(MOST_THREADS - 1)).map(|(_, shared)| shared.clone());
        shared.unwrap_or_else(|| {
            let shared = Shared { engine: self.engine, lanes: Mutex::default(), work: Condvar::new() };
            let shared = Arc::new(shared);
            devices.push((device, shared.clone()));
            shared
        })
    }

    fn devices(&self) -> MutexGuard<'_, Vec<(u64, Arc<Shared>)>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Md5Lanes {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Md5Lanes {
    fn drop(&mut self) {
        for (_, shared) in self.devices().iter() {
            shared.lanes().close();
            shared.work.notify_all();
        }
    }
}

impl Digester for Md5Lanes {
    fn digest(&self, body: PartBody) -> (PartBody, Digest) {
        let engine = self.engine;
        let file = body.origin().and_then(|origin| origin.handle::<Opened>().zip(Some(origin.range())));
        let Some((file, range)) = file else { return passing::digest(body, engine.start()) };
        let (done, result) = oneshot::channel();
        let shared = self.of(file.device());
        let mut lanes = shared.lanes();
        let number = lanes.open(Lane::new(file, range, engine.start(), done));
        let has_enough = lanes.have_enough();
        drop(lanes);
        if has_enough {
            shared.work.notify_one();
        }
        (body, Awaited { shared, number, result, is_asked_for: false }.boxed())
    }

    fn md5(&self, bytes: &[u8]) -> [u8; 16] {
        self.engine.md5(bytes)
    }
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody needs the digest of a lane.
    fn ask_for(self: &Arc<Self>, number: u64) {
        let mut lanes = self.lanes();
        lanes.ask_for(number);
        if !lanes.has_thread {
            let shared = self.clone();
            let thread = std::thread::Builder::new().name("md5".into());
            lanes.has_thread = thread.spawn(move || worker::run(&shared)).is_ok();
            if !lanes.has_thread {
                // Its digest stays unknown, and what is unknown is not compared.
                lanes.give_up(number);
            }
        }
        drop(lanes);
        self.work.notify_one();
    }
}

/// The digest of a lane. It is given up when this is dropped.
struct Awaited {
    shared: Arc<Shared>,
    number: u64,
    result: oneshot::Receiver<Md5>,
    is_asked_for: bool,
}

impl Future for Awaited {
    type Output = Result<Option<[u8; 16]>, SourceError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if !std::mem::replace(&mut this.is_asked_for, true) {
            this.shared.ask_for(this.number);
        }
        match ready!(this.result.poll_unpin(cx)) {
            Ok(result) => Poll::Ready(result.map(Some)),
            Err(oneshot::Canceled) => Poll::Ready(Ok(None)),
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.shared.lanes().give_up(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use futures::{
        StreamExt, TryStreamExt,
        executor::block_on,
        future::{join_all, try_join_all},
        stream,
    };
    use md5::Digest as _;
    use upload_core::{ByteRange, MemorySource, Source as _};

    use super::*;
    use crate::FileSource;

    /// A file of random bytes, and the ranges of so many parts of it: of all lengths up to twice a step and more, an empty one among
    /// them.
    fn parts(count: u64) -> (tempfile::NamedTempFile, Vec<u8>, Vec<ByteRange>) {
        let mut rng = fastrand::Rng::with_seed(5);
        let (mut ranges, mut offset) = (Vec::new(), 0);
        for number in 0..count {
            let len = if number == 3 { 0 } else { rng.u64(1..100_000) };
            ranges.push(ByteRange { offset, len });
            offset += len;
        }
        let mut content = vec![0; usize::try_from(offset).unwrap()];
        rng.fill(&mut content);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&content).unwrap();
        (file, content, ranges)
    }

    fn is_idle(lanes: &Md5Lanes) -> bool {
        lanes.devices().iter().all(|(_, shared)| shared.lanes().is_empty())
    }

    fn of(content: &[u8], range: ByteRange) -> [u8; 16] {
        let bounds = usize::try_from(range.offset).unwrap()..usize::try_from(range.end()).unwrap();
        md5::Md5::digest(&content[bounds]).into()
    }

    #[test]
    fn parts_hashed_together_have_the_digests_of_their_own_bytes() {
        for count in [1, 7, 8, 9, 40] {
            let (file, content, ranges) = parts(count);
            let (source, lanes) = (FileSource::open(file.path()).unwrap(), Md5Lanes::new());
            let digest = |range: &ByteRange| lanes.digest(PartBody::of(&source, *range)).1;
            let digests = block_on(try_join_all(ranges.iter().map(digest))).unwrap();
            for (range, digest) in ranges.into_iter().zip(digests) {
                assert_eq!(digest, Some(of(&content, range)), "{range:?} of {count}");
            }
            assert!(is_idle(&lanes));
        }
    }

    #[test]
    fn a_files_body_keeps_its_way_past_the_process_and_nothing_is_read_before_a_digest_is_asked_for() {
        let (file, _, ranges) = parts(40);
        let (source, lanes) = (FileSource::open(file.path()).unwrap(), Md5Lanes::new());
        let watched: Vec<_> =
            ranges.iter().map(|range| lanes.digest(PartBody::of(&source, *range))).collect();
        assert!(watched.iter().all(|(body, _)| body.origin().is_some()));
        assert!(lanes.devices().iter().all(|(_, shared)| !shared.lanes().has_thread));
        drop(watched);
        assert!(is_idle(&lanes), "nobody wants them any more");
    }

    #[test]
    fn a_file_that_has_changed_or_shrunk_has_no_digest() {
        for shrinks in [false, true] {
            let (file, _, ranges) = parts(9);
            let (source, lanes) = (FileSource::open(file.path()).unwrap(), Md5Lanes::new());
            let digests: Vec<_> =
                ranges.iter().map(|range| lanes.digest(PartBody::of(&source, *range)).1).collect();
            match shrinks {
                true => file.as_file().set_len(10).unwrap(),
                false => file.as_file().write_all(b"other").unwrap(),
            }
            for digest in block_on(join_all(digests)) {
                assert!(matches!(digest, Err(SourceError::Changed(_))), "{digest:?}");
            }
        }
    }

    #[test]
    fn a_device_that_hangs_keeps_no_file_elsewhere_from_being_hashed() {
        let (file, content, ranges) = parts(9);
        let (source, lanes) = (FileSource::open(file.path()).unwrap(), Md5Lanes::new());
        let opened: Arc<Opened> = source.origin().unwrap().downcast().unwrap();
        let elsewhere = lanes.of(opened.device() + 1);
        assert!(!Arc::ptr_eq(&elsewhere, &lanes.of(opened.device())));
        let others: Vec<_> = (2..20).map(|other| lanes.of(opened.device() + other)).collect();
        assert_eq!(others.iter().filter(|shared| !Arc::ptr_eq(shared, &others[17])).count(), 5);
        let _hangs = elsewhere.lanes();
        let digest = lanes.digest(PartBody::of(&source, ranges[0])).1;
        assert_eq!(block_on(digest).unwrap(), Some(of(&content, ranges[0])));
    }

    #[test]
    fn what_lies_in_no_file_is_hashed_on_its_way() {
        let lanes = Md5Lanes::new();
        for content in ["", "abc"] {
            let range = ByteRange { offset: 0, len: content.len() as u64 };
            let (body, digest) = lanes.digest(PartBody::of(&MemorySource::new(content), range));
            let sent: Vec<_> = block_on(body.try_collect()).unwrap();
            assert_eq!(sent.concat(), content.as_bytes());
            assert_eq!(block_on(digest).unwrap(), Some(md5::Md5::digest(content).into()));
        }
        let halves = stream::iter([Ok(bytes::Bytes::from("ab")), Ok("c".into())]);
        let (mut body, digest) = lanes.digest(PartBody::new(3, halves.boxed()));
        block_on(body.next()).unwrap().unwrap();
        drop(body);
        assert_eq!(block_on(digest).unwrap(), None, "it was given up half way");
    }
}
