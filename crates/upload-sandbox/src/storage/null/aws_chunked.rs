//! `aws-chunked`: how AWS's SDKs wrap a body they sign, or add a checksum to, while it is on its way ("Signature
//! calculations for the Authorization header: transferring payload in multiple chunks").

use std::io;

/// The longest line between two chunks: a size, and a signature of 64 digits.
const MAX_LINE: usize = 1024;

/// Takes the chunks apart as they come in, whatever the pieces. Signatures and trailers are not looked at.
#[derive(Debug, Default)]
pub(super) struct Unwrap {
    /// The line that is being read.
    line: Vec<u8>,
    /// Bytes of the chunk still to come.
    left: u64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// `1000;chunk-signature=…`
    #[default]
    Size,
    Data,
    /// The line's end behind a chunk.
    End,
    /// Behind the last chunk.
    Trailers,
}

impl Unwrap {
    /// Reads on, and hands out the data.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut data: impl FnMut(&[u8])) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.stage == Stage::Trailers {
                return Ok(());
            }
            if self.stage == Stage::Data {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                let (now, rest) = bytes.split_at(most);
                data(now);
                self.left -= now.len() as u64;
                bytes = rest;
                if self.left == 0 {
                    self.stage = Stage::End;
                }
                continue;
            }
            let (now, is_whole) = match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (bytes.len(), false),
            };
            self.line.extend_from_slice(&bytes[..now]);
            bytes = &bytes[now..];
            if self.line.len() > MAX_LINE {
                return Err(broken());
            }
            if is_whole {
                self.line_ends()?;
            }
        }
        Ok(())
    }

    /// Whether the last chunk has come.
    pub(super) fn is_complete(&self) -> bool {
        self.stage == Stage::Trailers
    }

    fn line_ends(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        if self.stage == Stage::End {
            self.stage = Stage::Size;
            return if line.is_empty() { Ok(()) } else { Err(broken()) };
        }
        self.left = std::str::from_utf8(line).ok().and_then(size).ok_or_else(broken)?;
        self.stage = if self.left == 0 { Stage::Trailers } else { Stage::Data };
        Ok(())
    }
}

/// A chunk's size: hexadecimal, with what may follow behind a semicolon.
pub(super) fn size(line: &str) -> Option<u64> {
    let digits = line.split(';').next()?.trim();
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

pub(super) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the aws-chunked body is broken")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRAPPED: &[u8] =
        b"5;chunk-signature=ab\r\nhello\r\n6;chunk-signature=cd\r\n world\r\n0;chunk-signature=ef\r\n\
          x-amz-checksum-crc32:AAAAAA==\r\n\r\n";

    fn unwrapped(pieces: &[&[u8]]) -> io::Result<Vec<u8>> {
        let (mut unwrap, mut out) = (Unwrap::default(), Vec::new());
        for piece in pieces {
            unwrap.feed(piece, |data| out.extend_from_slice(data))?;
        }
        Ok(out)
    }

    #[test]
    fn the_data_is_the_same_however_the_bytes_arrive() {
        assert_eq!(unwrapped(&[WRAPPED]).unwrap(), b"hello world");
        let mut half = Unwrap::default();
        half.feed(&WRAPPED[..40], |_| {}).unwrap();
        assert!(!half.is_complete());
        for length in 1..WRAPPED.len() {
            let pieces: Vec<_> = WRAPPED.chunks(length).collect();
            assert_eq!(unwrapped(&pieces).unwrap(), b"hello world", "pieces of {length}");
        }
    }

    #[test]
    fn what_is_not_in_chunks_is_an_error() {
        for wrong in [&b"hello\r\n"[..], b"-1\r\nx", b"2\r\nhello\r\n", b"\r\n", &[b'1'; MAX_LINE + 1]] {
            assert!(unwrapped(&[wrong]).is_err(), "{wrong:?}");
        }
    }
}
