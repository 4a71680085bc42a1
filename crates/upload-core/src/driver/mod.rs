//! The one async loop: machine × transport × source × clock, on `futures` alone.

mod metered;
mod progress;

use std::{
    collections::{HashMap, HashSet},
    future::Future,
};

use futures::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable, Aborted, BoxFuture},
    pin_mut, select_biased,
    stream::FuturesUnordered,
};

pub use self::{metered::Meter, progress::Progress};
use crate::{
    Clock, Ended, Event, Machine, Operation, PartBody, Request, RequestId, Response, Source, Transport,
    TransportError,
};

/// Drives a [`Machine`] to its end. Runs on any executor; it spawns nothing.
#[derive(Clone, Copy)]
pub struct Driver<'a> {
    /// Carries the requests.
    pub transport: &'a dyn Transport,
    /// The bytes to upload.
    pub source: &'a dyn Source,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Counts bytes while they move; read it from anywhere.
    pub progress: &'a Progress,
}

type Answer = (RequestId, Result<Result<Response, TransportError>, Aborted>);

impl Driver<'_> {
    /// Runs until the upload has ended, telling `observe` what happens on the way.
    ///
    /// An event is observed before any later request is sent, so an `observe` that writes a journal has done so in
    /// time. When `cancel` resolves, the parts in flight are dropped first, then the upload is aborted on the server,
    /// and only then does this return.
    pub async fn run(
        &self,
        machine: &mut (dyn Machine + Send),
        mut observe: impl FnMut(&Event),
        cancel: impl Future<Output = ()>,
    ) -> Ended {
        let mut in_flight = InFlight::default();
        let cancel = cancel.fuse();
        pin_mut!(cancel);
        loop {
            in_flight.stop_cancelled(machine);
            while let Some(event) = machine.poll_event() {
                match event {
                    Event::Ended(ended) => return *ended,
                    event => observe(&event),
                }
            }
            // A cancelled request is over when its future is dropped; until then nothing new goes out.
            if in_flight.stopping.is_empty()
                && let Some(request) = machine.poll_request(self.clock.now())
            {
                in_flight.start(request.id, self.execute(request));
                continue;
            }
            let timer = match machine.poll_timeout() {
                Some(deadline) => self.clock.sleep_until(deadline),
                None => futures::future::pending().boxed(),
            };
            let mut timer = timer.fuse();
            select_biased! {
                () = cancel => machine.abort(self.clock.now()),
                answer = in_flight.requests.select_next_some() => in_flight.finish(answer, machine, self.clock),
                () = timer => machine.handle_timeout(self.clock.now()),
            }
        }
    }

    async fn execute(&self, request: Request) -> Result<Response, TransportError> {
        let Request { attempt, operation, .. } = request;
        let transport = self.transport;
        match operation {
            Operation::Initiate { upload_type, request } => {
                transport.initiate(attempt, &upload_type, &request).await.map(Response::Initiated)
            }
            Operation::Presign { upload_type, request } => {
                transport.presign(attempt, upload_type.as_ref(), &request).await.map(Response::Presigned)
            }
            Operation::PutPart { url, range, .. } => {
                let meter = Meter::start(self.progress.clone(), range.len);
                let body = meter.watch_body(PartBody::of(self.source, range));
                let result = transport.put_part(attempt, &url, body).await;
                meter.settle(result).map(Response::Stored)
            }
            Operation::Complete(request) => {
                transport.complete(attempt, &request).await.map(Response::Completed)
            }
            Operation::Validate { upload_type, request } => {
                transport.validate(attempt, &upload_type, &request).await.map(Response::Validated)
            }
            Operation::Abort(request) => transport.abort(attempt, &request).await.map(|()| Response::Aborted),
        }
    }
}

/// The requests under way, each of which can be stopped by its id.
#[derive(Default)]
struct InFlight<'a> {
    requests: FuturesUnordered<BoxFuture<'a, Answer>>,
    handles: HashMap<RequestId, AbortHandle>,
    /// Told to stop, not yet dropped.
    stopping: HashSet<RequestId>,
}

impl<'a> InFlight<'a> {
    fn start(
        &mut self,
        id: RequestId,
        request: impl Future<Output = Result<Response, TransportError>> + Send + 'a,
    ) {
        let (handle, registration) = AbortHandle::new_pair();
        self.handles.insert(id, handle);
        self.requests.push(Abortable::new(request, registration).map(move |result| (id, result)).boxed());
    }

    fn stop_cancelled(&mut self, machine: &mut (dyn Machine + Send)) {
        while let Some(id) = machine.poll_cancel() {
            if let Some(handle) = self.handles.remove(&id) {
                handle.abort();
                self.stopping.insert(id);
            }
        }
    }

    fn finish(&mut self, (id, result): Answer, machine: &mut (dyn Machine + Send), clock: &dyn Clock) {
        self.handles.remove(&id);
        self.stopping.remove(&id);
        if let Ok(result) = result {
            let misuse = machine.handle_response(clock.now(), id, result);
            debug_assert_eq!(misuse, Ok(()), "the driver answers what the machine asked");
        }
    }
}
