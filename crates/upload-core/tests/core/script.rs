//! Choices read from bytes, so that proptest can shrink an interleaving; when the bytes are used up every choice is
//! the first, harmless one and the run comes to its end.

use std::time::Duration;

use upload_core::{TransportError, TransportErrorKind as Kind};

#[derive(Clone, Debug)]
pub(crate) struct Script {
    bytes: Vec<u8>,
    next: usize,
}

impl Script {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, next: 0 }
    }

    /// A number below `choices`.
    pub(crate) fn pick(&mut self, choices: usize) -> usize {
        let byte = self.bytes.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        usize::from(byte) % choices
    }

    pub(crate) fn error(&mut self) -> TransportError {
        const KINDS: &[Kind] = &[
            Kind::Reset,
            Kind::Connect,
            Kind::Stalled,
            Kind::Throttled,
            Kind::Server,
            Kind::MissingETag,
            Kind::Reset,
            Kind::Server,
            Kind::Rejected,
            Kind::StorageDenied,
            Kind::NotFound,
            Kind::Source,
            Kind::Unauthorized,
        ];
        let mut error = TransportError::new(KINDS[self.pick(KINDS.len())], "planted");
        error.retry_after = (self.pick(5) == 1).then_some(Duration::from_secs(7));
        error
    }
}
