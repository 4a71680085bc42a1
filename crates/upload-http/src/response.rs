//! What both clients read from an answer: a bounded body, the headers that matter, text fit for a message.

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// The longest piece of a server's own words that goes into a message, in characters.
const MAX_QUOTE: usize = 300;

/// An answer of either client.
pub(crate) trait Response {
    type Error;

    fn headers(&self) -> &HeaderMap;

    /// The next piece of the body, `None` at its end.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, Self::Error>> + Send;
}

impl Response for reqwest::Response {
    type Error = reqwest::Error;

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, reqwest::Error> {
        self.chunk().await.map_err(reqwest::Error::without_url)
    }
}

impl Response for http::Response<Incoming> {
    type Error = hyper::Error;

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        while let Some(frame) = self.body_mut().frame().await {
            // Anything but data is a trailer, which nobody here reads.
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

/// How reading a body ended.
#[derive(Debug)]
pub(crate) enum Ending<E> {
    /// At its end.
    Complete,
    /// Beyond the bound; the rest was not read.
    TooLong,
    /// The connection broke, or nothing came for too long.
    Broken(Option<E>),
}

/// Reads at most `limit` bytes of the body, giving up when nothing comes for `idle`.
pub(crate) async fn read_body<R: Response>(
    response: &mut R,
    limit: usize,
    idle: Duration,
) -> (Vec<u8>, Ending<R::Error>) {
    let mut body = Vec::new();
    loop {
        match tokio::time::timeout(idle, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let room = limit - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    return (body, Ending::TooLong);
                }
            }
            Ok(Ok(None)) => return (body, Ending::Complete),
            Ok(Err(error)) => return (body, Ending::Broken(Some(error))),
            Err(_) => return (body, Ending::Broken(None)),
        }
    }
}

/// A header's value, where it is short and in visible ASCII.
pub(crate) fn header(response: &impl Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?.trim();
    (1..=128).contains(&value.len()).then(|| value.to_owned())
}

/// How long the server asks to wait: seconds, or an HTTP date (RFC 9110, section 10.2.3). A moment that has passed
/// asks for no wait.
pub(crate) fn retry_after(response: &impl Response, now: SystemTime) -> Option<Duration> {
    parse_retry_after(response.headers().get(RETRY_AFTER)?.to_str().ok()?, now)
}

/// The server's clock, by the `Date` header (RFC 9110, section 6.6.1); it has whole seconds.
pub(crate) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?.trim()).ok()
}

pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let moment = httpdate::parse_http_date(value).ok()?;
            Some(moment.duration_since(now).unwrap_or_default())
        }
    }
}

/// A server's words, fit for a message: on one line, of bounded length, and without any of `secrets`, should the
/// server have echoed one.
pub(crate) fn quotable(text: &str, secrets: &[&str]) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = without(&clean, secrets);
    let clean = clean.trim();
    match clean.char_indices().nth(MAX_QUOTE) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean.to_owned(),
    }
}

/// A text without any of `secrets`.
pub(crate) fn without(text: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "(redacted)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_reads_seconds_and_dates() {
        // 1994-11-06T08:49:37Z, RFC 9110's own example of a date.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(parse_retry_after(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now), Some(Duration::from_secs(10)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:27 GMT", now), Some(Duration::ZERO));
        for bad in ["", "soon", "-1", "1.5"] {
            assert_eq!(parse_retry_after(bad, now), None, "{bad}");
        }
    }

    #[test]
    fn a_quote_is_short_on_one_line_and_without_secrets() {
        assert_eq!(quotable(" a\r\nb hush c ", &["hush", ""]), "a  b (redacted) c");
        assert_eq!(quotable(&"é".repeat(301), &[]), format!("{}…", "é".repeat(300)));
    }
}
