use http::{Extensions, HeaderMap, HeaderValue, Uri, header};

use super::Connection;

/// The same place under another host's name, to redirect to: a browser or an HTTP library takes it for another
/// server, to which no credential may go.
pub(crate) fn elsewhere(extensions: &Extensions, head: &HeaderMap, uri: &Uri) -> Option<HeaderValue> {
    let scheme = extensions.get::<Connection>().map_or("http", Connection::scheme);
    let host = head.get(header::HOST)?.to_str().ok()?;
    let port = host.rsplit_once(':').map_or(if scheme == "https" { "443" } else { "80" }, |(_, port)| port);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{scheme}://localhost:{port}{path}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_stays_and_the_host_is_another() {
        let mut head = HeaderMap::new();
        let uri = Uri::from_static("/api/v3/x?y=1");
        let mut extensions = Extensions::new();
        assert_eq!(elsewhere(&extensions, &head, &uri), None);
        head.insert("host", HeaderValue::from_static("127.0.0.1:8080"));
        assert_eq!(elsewhere(&extensions, &head, &uri).unwrap(), "http://localhost:8080/api/v3/x?y=1");
        extensions.insert(Connection::new("https"));
        assert_eq!(elsewhere(&extensions, &head, &uri).unwrap(), "https://localhost:8080/api/v3/x?y=1");
    }
}
