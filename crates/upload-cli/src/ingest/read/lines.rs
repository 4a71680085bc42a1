use std::io::{self, BufRead, Read};
use std::{cell::Cell, rc::Rc};

use memchr::memchr_iter;

/// Counts the lines that have been read. A parser that takes one byte at a time is never ahead of it by more than one.
pub(super) struct Lines<R> {
    inner: R,
    ended: Rc<Cell<u64>>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, ended: Rc::default() }
    }

    /// How many lines have ended so far, kept up to date.
    pub(super) fn ended(&self) -> Rc<Cell<u64>> {
        self.ended.clone()
    }

    /// Passes over white space, and answers the byte behind it without taking it.
    pub(super) fn first(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.inner.fill_buf()?;
            let white = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let found = buffer.get(white).copied();
            self.ended.set(self.ended.get() + memchr_iter(b'\n', &buffer[..white]).count() as u64);
            self.inner.consume(white);
            if found.is_some() || white == 0 {
                return Ok(found);
            }
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.ended.set(self.ended.get() + memchr_iter(b'\n', &buffer[..count]).count() as u64);
        Ok(count)
    }
}
