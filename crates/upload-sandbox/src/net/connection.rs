use std::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicU8, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use http_body_util::{BodyExt, combinators::MapErr};
use tokio::sync::Notify;

use crate::Close;

/// A request's hold on the connection it came over; stands in the request's extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    reset: AtomicBool,
    wake: Notify,
    /// Bytes a second to take; 0 takes all there are.
    rate: AtomicU64,
    /// How to close behind the answer: one of the constants below.
    close: AtomicU8,
    /// `https` or `http`.
    scheme: &'static str,
    answered: AtomicBool,
}

const KEEP_OPEN: u8 = 0;
const CLOSE_FIN: u8 = 1;
const CLOSE_RST: u8 = 2;

impl Connection {
    pub(super) fn new(scheme: &'static str) -> Self {
        Self(Arc::new(Shared { scheme, ..Shared::default() }))
    }

    pub(super) fn scheme(&self) -> &'static str {
        self.0.scheme
    }

    /// Makes the connection end with a TCP reset, without an answer.
    pub(crate) fn reset(&self) {
        self.0.reset.store(true, Relaxed);
        self.0.wake.notify_one();
    }

    /// Takes so many bytes a second of this request, at least 1.
    pub(crate) fn slow_down(&self, bytes_per_second: u64) {
        self.0.rate.store(bytes_per_second.max(1), Relaxed);
    }

    /// Closes the connection as soon as this request's answer is written, whatever the client is still sending.
    pub(crate) fn close_after_answer(&self, how: Close) {
        let how = match how {
            Close::Fin => CLOSE_FIN,
            Close::Rst => CLOSE_RST,
        };
        self.0.close.store(how, Relaxed);
    }

    /// A new request has arrived over it.
    pub(super) fn begin(&self) {
        self.0.rate.store(0, Relaxed);
        self.0.answered.store(false, Relaxed);
    }

    /// Notices when all of an answer's body has been taken to be written.
    pub(super) fn watch<B: http_body::Body>(
        &self,
        body: B,
    ) -> MapErr<B, impl FnMut(B::Error) -> B::Error + use<B>> {
        let taken = Taken(self.clone());
        body.map_err(move |error| {
            let _held = &taken;
            error
        })
    }

    /// Resolves when [`reset`](Self::reset) was called.
    pub(super) async fn was_reset(&self) {
        self.0.wake.notified().await;
    }

    pub(super) fn is_reset(&self) -> bool {
        self.0.reset.load(Relaxed)
    }

    pub(super) fn rate(&self) -> u64 {
        self.0.rate.load(Relaxed)
    }

    /// How to close now that everything handed over has been written; `None` keeps it open.
    pub(super) fn closes_now(&self) -> Option<Close> {
        if !self.0.answered.load(Acquire) {
            return None;
        }
        match self.0.close.load(Relaxed) {
            CLOSE_FIN => Some(Close::Fin),
            CLOSE_RST => Some(Close::Rst),
            KEEP_OPEN.. => None,
        }
    }
}

/// Lives as long as the answer's body.
#[derive(Debug)]
struct Taken(Connection);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.0.answered.store(true, Release);
    }
}
