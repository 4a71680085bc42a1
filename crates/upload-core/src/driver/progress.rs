use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Counts an upload's bytes while they move. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    sent: AtomicU64,
    stored: AtomicU64,
}

impl Progress {
    /// Bytes handed to the transport and not taken back by a failed attempt: what a progress bar shows.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Relaxed)
    }

    /// Bytes the storage has acknowledged.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.0.stored.load(Relaxed)
    }

    /// Sets both counts, for whoever moves bytes without a driver or [`Meter`](super::Meter).
    pub fn set(&self, bytes: u64) {
        self.0.sent.store(bytes, Relaxed);
        self.0.stored.store(bytes, Relaxed);
    }

    /// Counts bytes as handed over, for whoever moves bytes without a [`Meter`](super::Meter).
    pub fn add_sent(&self, bytes: u64) {
        self.0.sent.fetch_add(bytes, Relaxed);
    }

    pub(super) fn take_back(&self, bytes: u64) {
        self.0.sent.fetch_sub(bytes, Relaxed);
    }

    pub(super) fn add_stored(&self, bytes: u64) {
        self.0.stored.fetch_add(bytes, Relaxed);
    }
}
