//! How many parts are in flight, over everything that shares a transport.

mod concurrency;
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

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse,
};

pub use self::{
    concurrency::Concurrency,
    controller::{Controller, Sent},
};
use self::{
    gate::Gate,
    stragglers::{Put, Stragglers},
};
use crate::{Clock, PartBody, Stored, Transport, TransportError, TransportErrorKind as Kind};

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
}

/// A part that the controller knows of, until it is dropped.
struct Tracked<'a> {
    of: &'a LimitedTransport<'a>,
    part: Option<Sent>,
}

impl<'a> Tracked<'a> {
    fn new(of: &'a LimitedTransport<'a>) -> Self {
        let part = of.controller().map(|mut controller| controller.sent(of.clock.now()));
        Self { of, part }
    }

    fn learn(mut self, bytes: u64, result: &Result<Stored, TransportError>) {
        let of = self.of;
        self.end(|controller, part| {
            let now = of.clock.now();
            match result {
                Ok(_) => controller.acknowledged(now, part, bytes, of.gate.is_pressed()),
                Err(error) => match error.kind {
                    Kind::Throttled | Kind::Server | Kind::Reset | Kind::Stalled => {
                        controller.troubled(now, part);
                    }
                    _ => controller.lost(now, part),
                },
            }
        });
    }

    fn end(&mut self, how: impl FnOnce(&mut Controller, Sent)) {
        let (Some(part), Some(mut controller)) = (self.part.take(), self.of.controller()) else { return };
        how(&mut controller, part);
        self.of.gate.set_limit(controller.limit());
    }
}

impl Drop for Tracked<'_> {
    fn drop(&mut self) {
        self.end(|controller, part| controller.lost(self.of.clock.now(), part));
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
        let (tracked, bytes) = (Tracked::new(self), body.len());
        let put = Put { transport: self.inner, clock: self.clock, gate: &self.gate, attempt, url };
        let result = self.stragglers.put(put, body).await;
        tracked.learn(bytes, &result);
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
