//! What a download answers: where its bytes begin, how many there are, and the bytes themselves.

mod body;
mod head;
mod validator;

use std::fmt;

use bytes::Bytes;
use futures::stream::BoxStream;
use upload_core::TransportError;

pub use self::validator::{Validator, ValidatorError};
pub(crate) use self::{body::Incoming, head::Head};

/// Where to go on with a download that broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// How many bytes are there already; above 0.
    pub offset: u64,
    /// How many there are in all, where that was said.
    pub total: Option<u64>,
    /// Which version of the file they belong to.
    pub validator: Validator,
}

/// A download under way.
pub struct Download {
    /// Where the bytes begin: the offset that was asked for, or 0 where the server sends the file from its beginning,
    /// be it another version of it or not.
    pub offset: u64,
    /// How many bytes the whole file has; `None` where the server does not say.
    pub total: Option<u64>,
    /// What tells this version of the file from others; `None` where the server says nothing that is strong enough
    /// (RFC 9110, section 8.8.1). Such a download cannot be resumed.
    pub validator: Option<Validator>,
    /// The bytes as they come. An end that comes too early is an error, as is a connection on which nothing comes for the
    /// idle timeout.
    pub bytes: BoxStream<'static, Result<Bytes, TransportError>>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, total, validator, .. } = self;
        write!(f, "Download(from {offset} of {total:?}, {validator:?})")
    }
}
