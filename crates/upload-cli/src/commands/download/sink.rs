use async_trait::async_trait;
use bytes::Bytes;
use upload_http::{Download, ResumePoint};

use crate::error::CliError;

/// Where a list's bytes go.
#[async_trait]
pub(super) trait Sink: Send {
    /// How many bytes it has.
    fn position(&self) -> u64;

    /// From where the download can go on, where it can.
    fn resume_point(&self) -> Option<ResumePoint>;

    /// The ETag of the list that it has the beginning of.
    fn etag(&self) -> Option<String>;

    /// Makes ready for an answer's bytes. Answers what people should know, where what was there had to go.
    ///
    /// # Errors
    /// When it cannot take back what is there already, or cannot be written to.
    fn begin(&mut self, download: &Download) -> Result<Option<&'static str>, CliError>;

    /// Forgets what is there: the list has changed.
    ///
    /// # Errors
    /// As of [`begin`](Self::begin).
    fn discard(&mut self) -> Result<(), CliError>;

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    async fn write(&mut self, chunk: Bytes) -> Result<(), CliError>;
}
