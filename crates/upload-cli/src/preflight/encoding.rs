use memchr::{memchr, memchr_iter};

/// Watches bytes go by for what cannot be text: bytes that are not UTF-8, and NULs.
#[derive(Debug, Default)]
pub(crate) struct Encoding {
    /// The last bytes of the chunk before, where they begin a character that goes on in the next.
    carried: Vec<u8>,
    /// Lines that have ended so far.
    lines: u64,
    /// Bytes of the line so far, what is carried left out.
    in_line: u64,
    /// All bytes so far, what is carried left out.
    looked_at: u64,
}

/// A byte that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadByte {
    pub(crate) byte: u8,
    /// From 1.
    pub(crate) line: u64,
    /// Its place in the line, from 1.
    pub(crate) place: u64,
    /// How many bytes stand before it, or before the character that it breaks.
    pub(crate) offset: u64,
}

impl Encoding {
    /// Takes in the next chunk and answers the first byte of it that is no text. After one, nothing more can be told.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Option<BadByte> {
        if self.carried.is_empty() {
            return self.look(chunk);
        }
        // The start of a character and its rest, at most three bytes, are looked at together.
        let mut joint = std::mem::take(&mut self.carried);
        let missing = width(joint[0]).saturating_sub(joint.len()).min(chunk.len());
        joint.extend(&chunk[..missing]);
        self.look(&joint).or_else(|| {
            let rest = &chunk[missing..];
            if rest.is_empty() { None } else { self.look(rest) }
        })
    }

    /// How many of the last bytes begin a character that has not ended.
    pub(crate) fn carried(&self) -> usize {
        self.carried.len()
    }

    /// The file has ended: what is carried will not be completed.
    pub(crate) fn finish(&mut self) -> Option<BadByte> {
        let byte = *self.carried.first()?;
        Some(self.bad(byte))
    }

    /// This byte, where what was looked at ends.
    fn bad(&self, byte: u8) -> BadByte {
        BadByte { byte, line: self.lines + 1, place: self.in_line + 1, offset: self.looked_at }
    }

    fn look(&mut self, bytes: &[u8]) -> Option<BadByte> {
        let (valid, bad) = match std::str::from_utf8(bytes) {
            Ok(_) => (bytes.len(), None),
            Err(error) => match error.error_len() {
                None => {
                    self.carried = bytes[error.valid_up_to()..].to_vec();
                    (error.valid_up_to(), None)
                }
                Some(_) => (error.valid_up_to(), Some(error.valid_up_to())),
            },
        };
        let bad = memchr(0, &bytes[..valid]).or(bad);
        let before = &bytes[..bad.unwrap_or(valid)];
        match before.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                self.lines += memchr_iter(b'\n', before).count() as u64;
                self.in_line = (before.len() - last - 1) as u64;
            }
            None => self.in_line += before.len() as u64,
        }
        self.looked_at += before.len() as u64;
        Some(self.bad(bytes[bad?]))
    }
}

/// How many bytes the character takes that begins with this one.
fn width(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0.. => 4,
        _ => 1,
    }
}

impl BadByte {
    pub(crate) fn is_nul(self) -> bool {
        self.byte == 0
    }

    /// What it is, and what it may have been meant to be.
    pub(crate) fn describe(self) -> String {
        let Self { byte, line, place, .. } = self;
        if byte == 0 {
            return format!("byte {place} of line {line} is a NUL: this is not text, or text in UTF-16");
        }
        // In Latin-1 each byte is the character of the same number.
        let latin = char::from(byte);
        let meant = if latin.is_alphabetic() {
            format!(" (in Latin-1 it would be '{latin}')")
        } else {
            String::new()
        };
        format!("byte {place} of line {line} is 0x{byte:02X}, which is not UTF-8{meant}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_chunks(bytes: &[u8], size: usize) -> Option<BadByte> {
        let mut encoding = Encoding::default();
        bytes.chunks(size).find_map(|chunk| encoding.feed(chunk)).or_else(|| encoding.finish())
    }

    #[test]
    fn a_bad_byte_is_found_where_it_is() {
        for size in 1..12 {
            let place = |bytes| in_chunks(bytes, size).map(|bad| (bad.byte, bad.line, bad.place));
            assert_eq!(place(b"a\nb\xE9c\n"), Some((0xE9, 2, 2)), "Latin-1, {size}");
            assert_eq!(place("ü€😀\nü€😀".as_bytes()), None, "{size}");
            assert_eq!(place(b"ab\n\0"), Some((0, 2, 1)), "NUL, {size}");
            assert_eq!(place(b"x\n\xF0\x9F"), Some((0xF0, 2, 1)), "cut off, {size}");
        }
        let words = BadByte { byte: 0xE9, line: 2, place: 2, offset: 0 }.describe();
        assert!(words.contains("byte 2 of line 2") && words.contains("'é'"), "{words}");
    }

    proptest! {
        #[test]
        fn chunks_change_nothing(bytes: Vec<u8>, size in 1_usize..9) {
            prop_assert_eq!(in_chunks(&bytes, size), in_chunks(&bytes, bytes.len().max(1)));
            let is_text = std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0);
            prop_assert_eq!(in_chunks(&bytes, size).is_none(), is_text);
        }
    }
}
