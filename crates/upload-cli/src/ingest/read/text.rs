use std::{
    cell::{Cell, RefCell},
    io::{self, Read},
    rc::Rc,
};

use super::{InputError, LONGEST_RECORD};
use crate::preflight::{BadByte, Encoding};

/// Bytes that are text, in records that end; to be read through a buffer that is longer than a character. Parsers know only I/O errors of what they read from; what it really was is told
/// by the [`Watch`].
pub(super) struct Text<R> {
    inner: R,
    encoding: Encoding,
    watch: Watch,
    /// Bytes that were given on.
    passed: u64,
    /// The beginning of a character whose rest has not come yet: at most three bytes.
    held: Vec<u8>,
    /// What comes next is no text.
    bad: Option<BadByte>,
}

/// What the parser and the bytes beneath it tell each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    since_record: Rc<Cell<u64>>,
    trouble: Rc<RefCell<Option<Trouble>>>,
}

#[derive(Debug)]
enum Trouble {
    NoText(BadByte),
    TooLong,
}

impl<R> Text<R> {
    pub(super) fn new(inner: R, watch: Watch) -> Self {
        Self { inner, encoding: Encoding::default(), watch, passed: 0, held: Vec::new(), bad: None }
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.since_record.get() > LONGEST_RECORD {
            return Err(self.watch.fail(Trouble::TooLong));
        }
        if let Some(bad) = self.bad {
            return Err(self.watch.fail(Trouble::NoText(bad)));
        }
        loop {
            let kept = self.held.len();
            buffer[..kept].copy_from_slice(&self.held);
            let count = self.inner.read(&mut buffer[kept..])?;
            self.bad = match count {
                0 => self.encoding.finish(),
                _ => self.encoding.feed(&buffer[kept..kept + count]),
            };
            let all = &buffer[..kept + count];
            // Whole characters in front of what is no text are read, however much comes at once.
            let good = match self.bad {
                Some(bad) => usize::try_from(bad.offset.saturating_sub(self.passed))
                    .map_or(all.len(), |good| good.min(all.len())),
                None => all.len() - self.encoding.carried(),
            };
            self.held = all[good..].to_vec();
            match self.bad {
                Some(bad) if good == 0 => return Err(self.watch.fail(Trouble::NoText(bad))),
                None if good == 0 && count > 0 => continue,
                _ => {}
            }
            self.passed += good as u64;
            self.watch.since_record.set(self.watch.since_record.get() + good as u64);
            return Ok(good);
        }
    }
}

impl Watch {
    /// A record has ended; the next may be as long again.
    pub(super) fn record_ended(&self) {
        self.since_record.set(0);
    }

    /// What was wrong with the bytes, if that is what an error came from. `line` is the one on which the record begins.
    pub(super) fn trouble(&self, line: u64) -> Option<InputError> {
        self.trouble.take().map(|trouble| match trouble {
            Trouble::NoText(bad) => {
                let from = if bad.is_nul() { "UTF-16" } else { "LATIN1" };
                let hint = format!("convert the input to UTF-8, such as with iconv -f {from} -t UTF-8");
                InputError::new(bad.describe()).hint(hint)
            }
            Trouble::TooLong => {
                let message = format!(
                    "the record is longer than {} MiB: is a quote or a bracket not closed?",
                    LONGEST_RECORD >> 20
                );
                InputError::new(message).at_line(line)
            }
        })
    }

    /// What an error in reading really was.
    pub(super) fn explain(&self, error: io::Error, line: u64) -> InputError {
        self.trouble(line).unwrap_or_else(|| error.into())
    }

    fn fail(&self, trouble: Trouble) -> io::Error {
        self.trouble.replace(Some(trouble));
        // Not `Interrupted` or the like: whoever reads must not try again.
        io::Error::other("the input is no text in records")
    }
}
