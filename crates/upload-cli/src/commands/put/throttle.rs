use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use tokio::time::Instant;
use upload_core::{ByteRange, Source, SourceError};

/// How often a second, at the least, bytes are let through: a connection on which nothing moves looks dead.
const SLICES_PER_SECOND: u64 = 10;

/// Lets through so many bytes a second, over everything that shares it.
#[derive(Clone, Debug)]
pub(super) struct Throttle {
    bytes_per_second: u64,
    /// When the bytes let through so far are paid for.
    paid_until: Arc<Mutex<Instant>>,
}

impl Throttle {
    /// At most this rate, which is above zero.
    pub(super) fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), paid_until: Arc::new(Mutex::new(Instant::now())) }
    }

    async fn pay(&self, bytes: usize) {
        let cost = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        let turn = {
            let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
            // Time in which nobody sent is gone; it is not saved up for a burst.
            let turn = (*paid_until).max(Instant::now());
            *paid_until = turn + cost;
            turn
        };
        tokio::time::sleep_until(turn).await;
    }

    fn slices(&self, mut chunk: Bytes) -> impl Iterator<Item = Bytes> + use<> {
        let most = usize::try_from((self.bytes_per_second / SLICES_PER_SECOND).max(1)).unwrap_or(usize::MAX);
        std::iter::from_fn(move || (!chunk.is_empty()).then(|| chunk.split_to(most.min(chunk.len()))))
    }
}

/// A source whose bytes come no faster than the throttle lets them.
pub(super) struct Throttled<S> {
    inner: S,
    throttle: Throttle,
}

impl<S> Throttled<S> {
    pub(super) fn new(inner: S, throttle: Throttle) -> Self {
        Self { inner, throttle }
    }
}

impl<S: Source> Source for Throttled<S> {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn open(&self, range: ByteRange) -> BoxStream<'static, Result<Bytes, SourceError>> {
        let throttle = self.throttle.clone();
        let sliced = throttle.clone();
        self.inner
            .open(range)
            .map_ok(move |chunk| stream::iter(sliced.slices(chunk).map(Ok)))
            .try_flatten()
            .and_then(move |slice| {
                let throttle = throttle.clone();
                async move {
                    throttle.pay(slice.len()).await;
                    Ok(slice)
                }
            })
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use upload_core::MemorySource;

    #[tokio::test(start_paused = true)]
    async fn two_readers_share_one_rate_and_get_every_byte() {
        let throttle = Throttle::new(1000);
        let source = |from: u8| {
            let bytes: Vec<u8> = (0..2000_u32).map(|n| from.wrapping_add(n.to_le_bytes()[0])).collect();
            (bytes.clone(), Throttled::new(MemorySource::new(bytes), throttle.clone()))
        };
        let ((one, one_source), (two, two_source)) = (source(0), source(7));
        let began = Instant::now();
        let whole = ByteRange { offset: 0, len: 2000 };
        let read = |source: &Throttled<MemorySource>| source.open(whole).try_concat_bytes();
        let (a, b) = futures::join!(read(&one_source), read(&two_source));
        assert_eq!((a, b), (one, two));
        // 4000 bytes at 1000 a second; the last slice of 100 is let through before it is paid for.
        let taken = began.elapsed();
        assert!(taken >= Duration::from_millis(3_890) && taken <= Duration::from_millis(4_100), "{taken:?}");
    }

    trait Concat {
        async fn try_concat_bytes(self) -> Vec<u8>;
    }

    impl Concat for BoxStream<'static, Result<Bytes, SourceError>> {
        async fn try_concat_bytes(self) -> Vec<u8> {
            let chunks: Vec<Bytes> = self.try_collect().await.unwrap();
            chunks.concat()
        }
    }
}
