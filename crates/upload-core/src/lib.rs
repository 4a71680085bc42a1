//! The upload flow without I/O: state machines, planning, retry, and a driver that runs on any executor.
//!
//! - [`MultipartUpload`] and [`SingleUpload`] decide what to send next; see [`Machine`] for how to drive them by
//!   hand, with blocking sockets or whatever you have.
//! - [`Driver`] drives them for you: bring a [`Transport`], a [`Source`] and a [`Clock`].
//! - [`Attempts`] has the same patience for single calls, which need no machine.
//!
//! Nothing here needs an async runtime or an HTTP library.

mod attempts;
mod checkpoint;
mod clock;
mod driver;
mod error;
mod integrity;
mod journal;
mod limits;
mod machine;
mod part_body;
mod plan;
mod retry;
mod source;
mod transport;

pub use attempts::{Attempts, Delivery, Retrying};
pub use checkpoint::{CHECKPOINT_VERSION, Checkpoint};
pub use clock::Clock;
pub use driver::{Driver, Meter, Progress};
pub use error::{TransportError, TransportErrorKind};
pub use integrity::{Chunks, Digest, Digester, VerifyingTransport};
pub use journal::{
    Durability, FileIdentity, JOURNAL_VERSION, Journal, JournalError, JournalState, Opened, Prospect, Record,
    Rescued, Sameness,
};
pub use limits::{Concurrency, Controller, LimitedTransport, Sent};
pub use machine::{
    Completed, Ended, Event, Failure, Machine, Misuse, MultipartConfig, MultipartUpload, Operation, Outcome,
    Remains, Request, RequestId, Response, ResumeError, SingleConfig, SingleUpload, Step, Totals, Validation,
};
pub use part_body::{Origin, PartBody};
pub use plan::{DEFAULT_PART_SIZE, Plan, PlanError};
pub use retry::RetryPolicy;
pub use source::{ByteRange, MemorySource, Source, SourceError};
pub use transport::{Stored, Transport};
pub use upload_proto as proto;
