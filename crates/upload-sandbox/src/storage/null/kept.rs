//! What is kept of a body.

use std::io;

use md5::{Digest, Md5};

use super::aws_chunked::Unwrap;

/// Where a body's bytes go.
#[derive(Debug)]
pub(super) enum Sink {
    /// Nowhere.
    Nothing,
    /// Into an MD5.
    Md5(Box<Md5>),
    /// Into an MD5, once they are out of their signed chunks.
    UnwrappedMd5(Box<(Unwrap, Md5)>),
    /// Into memory, up to so many bytes.
    Memory(Vec<u8>, usize),
}

impl Sink {
    pub(super) fn md5(is_aws_chunked: bool) -> Self {
        if is_aws_chunked {
            return Self::UnwrappedMd5(Box::default());
        }
        Self::Md5(Box::default())
    }

    pub(super) fn keeps_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    pub(super) fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Nothing => {}
            Self::Md5(md5) => md5.update(bytes),
            Self::UnwrappedMd5(both) => {
                let (unwrap, md5) = &mut **both;
                unwrap.feed(bytes, |data| md5.update(data))?;
            }
            Self::Memory(memory, limit) => {
                if memory.len() + bytes.len() > *limit {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the document is too long"));
                }
                memory.extend_from_slice(bytes);
            }
        }
        Ok(())
    }

    /// Notes that the body has ended.
    pub(super) fn end(&self) -> io::Result<()> {
        match self {
            Self::UnwrappedMd5(both) if !both.0.is_complete() => Err(super::aws_chunked::broken()),
            _ => Ok(()),
        }
    }

    /// What was kept in memory.
    pub(super) fn memory(&self) -> &[u8] {
        if let Self::Memory(memory, _) = self { memory } else { &[] }
    }

    /// The MD5 of all of it, as hexadecimal digits, where one was made.
    pub(super) fn digest(self) -> Option<String> {
        let md5 = match self {
            Self::Md5(md5) => *md5,
            Self::UnwrappedMd5(both) => both.1,
            Self::Nothing | Self::Memory(..) => return None,
        };
        Some(super::etag::hex(&md5.finalize()))
    }
}
