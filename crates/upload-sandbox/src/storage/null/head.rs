use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use tokio::io::AsyncWrite;

use super::{discard::Discard, inbound::Inbound};

/// More than any S3 client sends.
const MAX_HEADERS: usize = 96;

/// A request's line and headers.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    /// Whether another request may follow over the connection.
    pub(super) keeps_alive: bool,
}

/// Why no head came.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoHead {
    /// The client has gone, which it may between two requests.
    #[error("the connection has ended")]
    End,
    /// What it sent is no HTTP.
    #[error("the request cannot be read: {0}")]
    Malformed(String),
}

impl Head {
    /// The next request's.
    pub(super) async fn read<S>(inbound: &mut Inbound<S>) -> Result<Self, NoHead>
    where
        S: Discard + AsyncWrite,
    {
        loop {
            if let Some((head, length)) = parse(inbound.ahead())? {
                inbound.consume(length);
                return Ok(head);
            }
            if inbound.is_full() {
                return Err(NoHead::Malformed("its head is too long".into()));
            }
            // An error here is a connection that broke.
            if !inbound.read_on().await.unwrap_or(false) {
                return Err(NoHead::End);
            }
        }
    }

    /// A header's text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    pub(super) fn waits(&self) -> bool {
        self.text("expect").is_some_and(|expected| expected.eq_ignore_ascii_case("100-continue"))
    }
}

fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, NoHead> {
    let malformed = |error: &dyn std::fmt::Display| NoHead::Malformed(error.to_string());
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = request.parse(bytes).map_err(|error| malformed(&error))? else {
        return Ok(None);
    };
    let (Some(method), Some(path)) = (request.method, request.path) else { return Ok(None) };
    let mut map = HeaderMap::with_capacity(request.headers.len());
    for field in request.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|error| malformed(&error))?;
        let value = HeaderValue::from_bytes(field.value).map_err(|error| malformed(&error))?;
        map.append(name, value);
    }
    let says = |word: &str| {
        let connection = map.get(header::CONNECTION).and_then(|value| value.to_str().ok());
        connection.is_some_and(|value| value.eq_ignore_ascii_case(word))
    };
    let keeps_alive = if request.version == Some(1) { !says("close") } else { says("keep-alive") };
    let head = Head {
        method: method.parse().map_err(|error| malformed(&error))?,
        uri: path.parse().map_err(|error| malformed(&error))?,
        headers: map,
        keeps_alive,
    };
    Ok(Some((head, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_all_of_it_is_there() {
        let text = b"PUT /b/k?partNumber=1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\nbody";
        assert!(parse(&text[..40]).unwrap().is_none());
        let (head, length) = parse(text).unwrap().unwrap();
        assert_eq!((head.method.as_str(), head.uri.query()), ("PUT", Some("partNumber=1")));
        assert!(head.waits() && head.keeps_alive);
        assert_eq!(&text[length..], b"body");
        assert!(matches!(parse(b"\x16\x03\x01 \r\n\r\n"), Err(NoHead::Malformed(_))));
    }

    #[test]
    fn a_connection_ends_with_the_request_where_either_side_means_so() {
        for (text, keeps) in [
            ("GET / HTTP/1.1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap().unwrap().0.keeps_alive, keeps, "{text}");
        }
    }
}
