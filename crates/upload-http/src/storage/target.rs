use http::{
    HeaderValue, Method, Request, Uri,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION},
    uri::PathAndQuery,
};
use hyper::body::Body;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{PresignedUrl, headers};
use url::{Position, Url};

use crate::watched_body::WatchedBody;

/// Where a presigned URL points to, taken apart for the connection and the request.
pub(super) struct Target {
    /// Scheme, host and port: `https://host:port/`.
    pub(super) origin: Uri,
    path_and_query: PathAndQuery,
    host: HeaderValue,
}

impl Target {
    /// Takes the URL apart.
    ///
    /// # Errors
    /// For a URL that cannot be requested; its text is not told.
    pub(super) fn of(presigned: &PresignedUrl) -> Result<Self, TransportError> {
        let unusable = || {
            let message = format!("no request to {} can be made: its URL cannot be read", presigned.host());
            TransportError::new(Kind::Other, message)
        };
        let url = Url::parse(&presigned.expose()).map_err(|_| unusable())?;
        let origin = &url[..Position::BeforePath];
        let host = &url[Position::BeforeHost..Position::AfterPort];
        Ok(Self {
            origin: format!("{origin}/").parse().map_err(|_| unusable())?,
            path_and_query: url[Position::BeforePath..Position::AfterQuery]
                .parse()
                .map_err(|_| unusable())?,
            host: HeaderValue::from_str(host).map_err(|_| unusable())?,
        })
    }

    /// The PUT, with its four headers. To a `proxy` that forwards plain HTTP it names the whole URL, with what the proxy wants
    /// to know (RFC 9112, 3.2.2).
    pub(super) fn put(&self, body: WatchedBody, proxy: Option<&Forwarder>) -> Request<WatchedBody> {
        let mut parts = http::uri::Parts::default();
        parts.path_and_query = Some(self.path_and_query.clone());
        if proxy.is_some() {
            parts.scheme = self.origin.scheme().cloned();
            parts.authority = self.origin.authority().cloned();
        }
        let len = body.size_hint().exact().unwrap_or_default();
        let mut request = Request::new(body);
        *request.method_mut() = Method::PUT;
        // These parts were parts of URLs: nothing in them can be refused.
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
        let all = request.headers_mut();
        all.insert(HOST, self.host.clone());
        all.insert(ACCEPT, HeaderValue::from_static("*/*"));
        all.insert(CONTENT_TYPE, HeaderValue::from_static(headers::OCTET_STREAM));
        all.insert(CONTENT_LENGTH, HeaderValue::from(len));
        if let Some(Forwarder { authorization: Some(authorization) }) = proxy {
            all.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        request
    }
}

/// A proxy that plain HTTP is sent to, for it to forward.
#[derive(Debug)]
pub(super) struct Forwarder {
    /// Marked as sensitive.
    pub(super) authorization: Option<HeaderValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::of(&url.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_url_is_taken_apart_without_a_character_lost() {
        let target = target("http://h.example:9000/b/a%20b.csv?X-Amz-Credential=A%2Fb&x=1+2~&y");
        assert_eq!(target.origin, "http://h.example:9000/");
        assert_eq!(target.path_and_query, "/b/a%20b.csv?X-Amz-Credential=A%2Fb&x=1+2~&y");
        assert_eq!(
            (target.host.to_str().unwrap(), target.origin.scheme_str()),
            ("h.example:9000", Some("http"))
        );
    }

    #[test]
    fn odd_urls_are_understood_or_refused_without_being_quoted() {
        let bare = target("HTTPS://H.example:443?q=5ecre7");
        assert_eq!(bare.origin.to_string(), "https://h.example/");
        assert_eq!(
            (&bare.path_and_query, bare.host.to_str().unwrap()),
            (&"/?q=5ecre7".parse().unwrap(), "h.example")
        );
        assert_eq!(target("http://[::1]:80/x").origin, "http://[::1]/");
        let long = format!("http://h/{}?q=5ecre7", "x".repeat(usize::from(u16::MAX)));
        let error = Target::of(&long.parse().unwrap()).err().unwrap();
        assert_eq!(error.kind, Kind::Other);
        assert!(!format!("{error} {error:?}").contains("5ecre7"), "{error}");
    }
}
