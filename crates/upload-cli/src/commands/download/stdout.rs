use std::io::{self, Write};

use async_trait::async_trait;
use bytes::Bytes;
use upload_http::{Download, ResumePoint, Validator};

use super::sink::Sink;
use crate::error::{CliError, ErrorKind};

/// Standard output: what has gone there cannot be taken back.
#[derive(Debug, Default)]
pub(super) struct Stdout {
    written: u64,
    /// Bytes that an answer repeats.
    skip: u64,
    total: Option<u64>,
    validator: Option<Validator>,
}

#[async_trait]
impl Sink for Stdout {
    fn position(&self) -> u64 {
        self.written
    }

    fn resume_point(&self) -> Option<ResumePoint> {
        let validator = self.validator.clone().filter(|_| self.written > 0)?;
        Some(ResumePoint { offset: self.written, total: self.total, validator })
    }

    fn etag(&self) -> Option<String> {
        Some(self.validator.as_ref()?.etag()?.as_str().to_owned())
    }

    fn begin(&mut self, download: &Download) -> Result<Option<&'static str>, CliError> {
        if self.written > 0 && download.offset == 0 {
            match (&self.validator, &download.validator) {
                (Some(then), Some(now)) if then == now => {}
                (Some(_), _) => return Err(self.changed("the list has changed on the platform")),
                (None, _) => {
                    return Err(self.changed("the connection broke, and the server offers no way to go on"));
                }
            }
        }
        self.skip = self.written.saturating_sub(download.offset);
        self.total = download.total;
        self.validator.clone_from(&download.validator);
        Ok(None)
    }

    fn discard(&mut self) -> Result<(), CliError> {
        Err(self.changed("the list has changed on the platform"))
    }

    async fn write(&mut self, mut chunk: Bytes) -> Result<(), CliError> {
        let repeated = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
        let chunk = chunk.split_off(repeated);
        self.skip -= repeated as u64;
        let len = chunk.len() as u64;
        // A reader may take its time, and a signal must be heard meanwhile.
        let written = tokio::task::spawn_blocking(move || {
            let mut out = io::stdout().lock();
            out.write_all(&chunk).and_then(|()| out.flush())
        });
        match written.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked))) {
            Ok(()) => {
                self.written += len;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Err(CliError::new(ErrorKind::ReaderGone, "nobody reads standard output any more"))
            }
            Err(error) => {
                let message = format!("standard output cannot be written to: {error}");
                Err(CliError::new(ErrorKind::LocalFile, message).hint("check where it goes"))
            }
        }
    }
}

impl Stdout {
    fn changed(&self, what: &str) -> CliError {
        let message =
            format!("{what}, after {} bytes of it had been written to standard output", self.written);
        CliError::new(ErrorKind::RemoteChanged, message).hint(
            "discard what was written and run the same command again; with -o FILE it starts over by itself",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, stream};

    fn download(offset: u64, etag: Option<&str>) -> Download {
        let validator = etag.map(|etag| Validator::ETag(etag.parse().unwrap()));
        Download { offset, total: Some(9), validator, bytes: stream::empty().boxed() }
    }

    fn after(written: u64, etag: Option<&str>) -> Stdout {
        let mut out = Stdout::default();
        out.begin(&download(0, etag)).unwrap();
        Stdout { written, ..out }
    }

    #[test]
    fn a_repeated_beginning_of_the_same_list_is_skipped_and_another_list_is_an_error() {
        let mut out = after(4, Some("v1"));
        assert_eq!(out.resume_point().unwrap().offset, 4);
        out.begin(&download(0, Some("v1"))).unwrap();
        assert_eq!(out.skip, 4);
        out.begin(&download(4, Some("v1"))).unwrap();
        assert_eq!(out.skip, 0);
        for other in [Some("v2"), None] {
            let error = after(4, Some("v1")).begin(&download(0, other)).unwrap_err();
            assert_eq!((error.kind, error.kind.exit_status()), (ErrorKind::RemoteChanged, 5), "{other:?}");
        }
    }

    #[test]
    fn without_a_validator_there_is_no_going_on() {
        let mut out = after(4, None);
        assert_eq!(out.resume_point(), None);
        assert_eq!(out.begin(&download(0, None)).unwrap_err().kind, ErrorKind::RemoteChanged);
    }
}
