//! The upload flows as state machines: no clock, no sockets, no files, no async, no randomness but a seed.
//!
//! Whoever drives one repeats four steps: stop what [`Machine::poll_cancel`] names, send what
//! [`Machine::poll_request`] gives, feed what comes back to [`Machine::handle_response`], and call
//! [`Machine::handle_timeout`] when the moment named by [`Machine::poll_timeout`] has come. Events are drained
//! before requests are polled: an observer that writes a journal has then seen the upload id before the first part
//! is sent.

mod again;
mod call;
mod context;
mod event;
mod failure;
mod multipart;
mod request;
mod single;

use std::time::Instant;

pub use event::{Completed, Ended, Event, Outcome, Remains, Totals, Validation};
pub use failure::{Failure, Step};
pub use multipart::{MultipartConfig, MultipartUpload, ResumeError};
pub use request::{Misuse, Operation, Request, RequestId, Response};
pub use single::{SingleConfig, SingleUpload};

use crate::TransportError;

/// The vocabulary every flow speaks.
///
/// What holds for each: exactly one [`Event::Ended`] comes out, as the last event; after it no request does; an
/// operation is attempted a bounded number of times; requests in flight never exceed the allowed concurrency.
pub trait Machine {
    /// What to send next, or `None` until something else happens.
    fn poll_request(&mut self, now: Instant) -> Option<Request>;

    /// A request whose answer is no longer wanted. Stop it before sending anything further; a late answer may still
    /// be handed in and is ignored.
    fn poll_cancel(&mut self) -> Option<RequestId>;

    /// Takes in what became of a request.
    ///
    /// # Errors
    /// [`Misuse`] when the caller confused its requests. The machine's state is then unchanged.
    fn handle_response(
        &mut self,
        now: Instant,
        id: RequestId,
        result: Result<Response, TransportError>,
    ) -> Result<(), Misuse>;

    /// The moment at which to call [`handle_timeout`](Self::handle_timeout), if any.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Tells the machine that time has passed. Calling it early does nothing.
    fn handle_timeout(&mut self, now: Instant);

    /// What happened, for people, logs and journals.
    fn poll_event(&mut self) -> Option<Event>;

    /// Gives the upload up, from any state. What is already decided stays: an upload whose completion is under way
    /// or done is not undone.
    fn abort(&mut self, now: Instant);
}
