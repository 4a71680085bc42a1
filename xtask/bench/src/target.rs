use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    str::FromStr,
};

use anyhow::{Context, Error, Result, bail, ensure};
use http::Uri;

/// Where to upload to.
#[derive(Clone, Debug)]
pub struct Target {
    /// The scheme and host, as S3 clients want it.
    pub endpoint: String,
    /// The host and port.
    pub authority: String,
    /// The host alone.
    pub host: String,
    /// The bucket.
    pub bucket: String,
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let uri: Uri = text.parse().context("not a URL")?;
        let authority = uri.authority().context("a URL without a host")?;
        let scheme = uri.scheme_str().context("a URL without a scheme")?;
        let bucket = uri.path().trim_matches('/').to_owned();
        ensure!(!bucket.is_empty() && !bucket.contains('/'), "the URL's path is not a bucket");
        Ok(Self {
            endpoint: format!("{scheme}://{authority}"),
            authority: authority.to_string(),
            host: authority.host().to_owned(),
            bucket,
        })
    }
}

impl Target {
    /// A connection to it.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.authority).context("nobody listens")?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Sends the head of a PUT.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn begin_put(&self, mut stream: impl Write, key: &str, length: u64) -> Result<()> {
        let Self { bucket, authority, .. } = self;
        let head =
            format!("PUT /{bucket}/{key} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        Ok(stream.flush()?)
    }
}

/// Reads an answer up to its end, which must be a success without a body.
///
/// # Errors
/// When it is none, or does not come.
pub fn end_put(stream: impl Read) -> Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next().context("the connection was closed")??;
    for line in lines {
        if line?.is_empty() {
            ensure!(status.contains(" 200 "), "answered {status}");
            return Ok(());
        }
    }
    bail!("the connection was closed in an answer's head")
}
