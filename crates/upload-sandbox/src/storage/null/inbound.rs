use std::io;

use tokio::io::{AsyncReadExt, AsyncWrite};

use super::{discard::Discard, kept::Sink};

/// How much is read, or thrown away, at once. It is also the most that a request's head may have.
const CAPACITY: usize = 256 * 1024;
/// How much is read at once while a head is expected: the body behind it is better left to be thrown away unread.
const HEAD_READ: usize = 8 * 1024;

/// What comes in over a connection, with the little that was read ahead of its use.
#[derive(Debug)]
pub(super) struct Inbound<S> {
    pub(super) stream: S,
    /// Zeroed memory comes from the system untouched, so what is never read into costs nothing.
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<S: Discard + AsyncWrite> Inbound<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: vec![0; CAPACITY].into(), start: 0, end: 0 }
    }

    /// What was read and not used yet.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Takes so many bytes for used.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Whether no more can be read ahead.
    pub(super) fn is_full(&self) -> bool {
        self.end - self.start == self.buffer.len()
    }

    /// Reads a little on; `false` at the end of the stream.
    pub(super) async fn read_on(&mut self) -> io::Result<bool> {
        self.read_up_to(HEAD_READ).await
    }

    async fn read_up_to(&mut self, limit: usize) -> io::Result<bool> {
        if self.start > 0 && self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let until = self.buffer.len().min(self.end + limit);
        let read = self.stream.read(&mut self.buffer[self.end..until]).await?;
        self.end += read;
        Ok(read > 0)
    }

    /// A line, without its end; of at most 8 KiB.
    pub(super) async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(length) = self.ahead().iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(self.ahead()[..length].trim_ascii_end()).into_owned();
                self.consume(length + 1);
                return Ok(line);
            }
            if self.ahead().len() > HEAD_READ {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a line of a chunked body has no end",
                ));
            }
            if !self.read_on().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Takes so many bytes of a body and gives them to the sink.
    pub(super) async fn take(&mut self, bytes: u64, sink: &mut Sink) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let ahead = &self.ahead()[..most.min(self.ahead().len())];
            let taken = if !ahead.is_empty() {
                sink.keep(ahead)?;
                let taken = ahead.len();
                self.consume(taken);
                taken
            } else if sink.keeps_nothing() {
                let room = most.min(self.buffer.len());
                let dropped = self.stream.discard(&mut self.buffer[..room]).await?;
                if dropped == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                dropped
            } else if self.read_up_to(most).await? {
                0
            } else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            left -= taken as u64;
        }
        Ok(())
    }
}
