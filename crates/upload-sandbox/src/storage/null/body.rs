//! A request's body: how it is framed, and how much of it there was.

use std::io;

use http::header;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use upload_proto::s3_limits::MAX_PART_SIZE;

use super::{answer::Refused, aws_chunked::size, discard::Discard, head::Head, inbound::Inbound, kept::Sink};

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// This many bytes.
    Length(u64),
    /// In HTTP's chunks.
    Chunked,
}

impl Framing {
    /// # Errors
    /// For lengths that S3 does not take, or that are none.
    pub(super) fn of(head: &Head) -> Result<Self, Refused> {
        if let Some(coding) = head.headers.get(header::TRANSFER_ENCODING) {
            if coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Ok(Self::Chunked);
            }
            let message =
                "A header you provided implies functionality that is not implemented: Transfer-Encoding";
            return Err(Refused::new(501, "NotImplemented", message));
        }
        let Some(length) = head.headers.get(header::CONTENT_LENGTH) else { return Ok(Self::Length(0)) };
        let length: Option<u64> = length.to_str().ok().and_then(|text| text.parse().ok());
        let length =
            length.ok_or_else(|| Refused::new(400, "InvalidArgument", "Content-Length is no number"))?;
        if length > MAX_PART_SIZE {
            let message =
                format!("Your proposed upload exceeds the maximum allowed size of {MAX_PART_SIZE} bytes");
            return Err(Refused::new(400, "EntityTooLarge", message));
        }
        Ok(Self::Length(length))
    }
}

/// Whether the body is wrapped in AWS's own chunks, whatever HTTP puts around it.
pub(super) fn is_aws_chunked(head: &Head) -> bool {
    let coding = head.text("content-encoding").unwrap_or_default();
    let signed = head.text("x-amz-content-sha256").unwrap_or_default();
    coding.split(',').any(|coding| coding.trim() == "aws-chunked") || signed.starts_with("STREAMING-")
}

/// Takes the whole body, and answers how many bytes the object or part has: those on the way, or those that AWS's chunks
/// are said to hold.
pub(super) async fn take<S>(
    inbound: &mut Inbound<S>,
    head: &Head,
    framing: Framing,
    sink: &mut Sink,
) -> io::Result<u64>
where
    S: Discard + AsyncWrite,
{
    if head.waits() && framing != Framing::Length(0) {
        inbound.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let received = match framing {
        Framing::Length(length) => {
            inbound.take(length, sink).await?;
            length
        }
        Framing::Chunked => take_chunks(inbound, sink).await?,
    };
    sink.end()?;
    let announced = head.text("x-amz-decoded-content-length").and_then(|text| text.parse().ok());
    Ok(announced.filter(|_| is_aws_chunked(head)).unwrap_or(received))
}

async fn take_chunks<S>(inbound: &mut Inbound<S>, sink: &mut Sink) -> io::Result<u64>
where
    S: Discard + AsyncWrite,
{
    let mut received = 0;
    loop {
        let line = inbound.line().await?;
        let length = size(&line).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a chunk of the body does not start with its size")
        })?;
        if length == 0 {
            while !inbound.line().await?.is_empty() {}
            return Ok(received);
        }
        inbound.take(length, sink).await?;
        received += length;
        if !inbound.line().await?.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a chunk of the body is longer than it says",
            ));
        }
    }
}
