//! How many parts are in flight, over everything that shares a transport.

mod controller;
mod epoch;
mod gate;
mod peers;
#[cfg(test)]
mod simulated_file;
#[cfg(test)]
mod simulated_link;
#[cfg(test)]
mod simulation;
mod stragglers;

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use async_trait::async_trait;
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse,
};

pub use self::controller::Controller;
use self::{
    gate::Gate,
    stragglers::{Put, Stragglers},
};
use crate::{Clock, PartBody, Stored, Transport, TransportError, TransportErrorKind as Kind};

/// How the number of parts in flight is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// Always so many.
    Fixed(NonZeroUsize),
    /// As many as serve best, found by a [`Controller`].
    Adaptive {
        /// To begin with.
        start: NonZeroUsize,
        /// The most there may ever be.
        most: NonZeroUsize,
    },
}

impl Concurrency {
    /// The most parts that can be in flight.
    #[must_use]
    pub fn most(self) -> NonZeroUsize {
        match self {
            Self::Fixed(limit) => limit,
            Self::Adaptive { most, .. } => most,
        }
    }

    /// How many parts a file's machine should ask to send at once
    /// ([`MultipartConfig::concurrency`](crate::MultipartConfig)): some more than ever get a place, since whether others wait
    /// for one tells whether places are scarce. A part that waits holds no bytes.
    #[must_use]
    pub fn to_ask_for(self) -> NonZeroUsize {
        match self {
            Self::Fixed(limit) => limit,
            Self::Adaptive { most, .. } => most.saturating_add(most.get().div_ceil(8)),
        }
    }
}

impl Default for Concurrency {
    /// From 8 to 64: enough to fill a gigabit at 250 ms of round trip with slow connections, as the simulation beside the
    /// controller shows.
    fn default() -> Self {
        let eight = NonZeroUsize::MIN.saturating_add(7);
        Self::Adaptive { start: eight, most: eight.saturating_mul(eight) }
    }
}

/// A transport that several uploads share: over all of them, no more parts are in flight than the limit of the moment.
/// Which part has waited longest goes first, so that a large file does not starve a small one.
///
/// A part that is slow among fast ones is given up ([`Slow`](Kind::Slow)), so that it is sent again on another connection; never
/// both at once, and no part more than twice.
pub struct LimitedTransport<'a> {
    inner: &'a dyn Transport,
    clock: &'a dyn Clock,
    gate: Gate,
    controller: Option<Mutex<Controller>>,
    stragglers: Stragglers,
}

impl<'a> LimitedTransport<'a> {
    /// Limits what goes through `inner`.
    #[must_use]
    pub fn new(inner: &'a dyn Transport, clock: &'a dyn Clock, concurrency: Concurrency) -> Self {
        let (limit, controller) = match concurrency {
            Concurrency::Fixed(limit) => (limit.get(), None),
            Concurrency::Adaptive { start, most } => {
                let controller = Controller::new(start.get(), most.get());
                (controller.limit(), Some(Mutex::new(controller)))
            }
        };
        Self { inner, clock, gate: Gate::new(limit), controller, stragglers: Stragglers::default() }
    }

    /// How many bytes a second the storage acknowledged lately over all uploads, by [`Controller::goodput`]; `None`, too, where nobody
    /// measures because the number of parts is fixed.
    #[must_use]
    pub fn goodput(&self) -> Option<f64> {
        self.controller()?.goodput()
    }

    fn controller(&self) -> Option<MutexGuard<'_, Controller>> {
        Some(self.controller.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, began: Instant, bytes: u64, result: &Result<Stored, TransportError>) {
        let Some(mut controller) = self.controller() else { return };
        let now = self.clock.now();
        match result {
            Ok(_) => controller.acknowledged(now, began, bytes, self.gate.is_pressed()),
            Err(error) => match error.kind {
                Kind::Throttled | Kind::Server | Kind::Reset | Kind::Stalled => {
                    controller.troubled(now, began);
                }
                _ => return,
            },
        }
        self.gate.set_limit(controller.limit());
    }
}

#[async_trait]
impl Transport for LimitedTransport<'_> {
    async fn initiate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        self.inner.initiate(attempt, upload_type, request).await
    }

    async fn presign(
        &self,
        attempt: u32,
        upload_type: Option<&UploadType>,
        request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        self.inner.presign(attempt, upload_type, request).await
    }

    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        body: PartBody,
    ) -> Result<Stored, TransportError> {
        let place = self.gate.enter().await;
        let (began, bytes) = (self.clock.now(), body.len());
        if let Some(mut controller) = self.controller() {
            controller.sent(began);
        }
        let put = Put { transport: self.inner, clock: self.clock, gate: &self.gate, attempt, url };
        let result = self.stragglers.put(put, body).await;
        self.learn(began, bytes, &result);
        drop(place);
        result
    }

    async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        self.inner.complete(attempt, request).await
    }

    async fn validate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        self.inner.validate(attempt, upload_type, request).await
    }

    async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError> {
        self.inner.abort(attempt, request).await
    }
}

impl std::fmt::Debug for LimitedTransport<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LimitedTransport").field("gate", &self.gate).finish_non_exhaustive()
    }
}
