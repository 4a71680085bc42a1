use std::collections::BTreeSet;

use axum::http::Uri;
use upload_proto::Endpoint;
use url::form_urlencoded;

use super::error::ApiError;

/// Refuses query parameters that the table does not list, and the lack of those it does.
pub(super) fn check(endpoint: Endpoint, uri: &Uri) -> Result<(), ApiError> {
    let query = uri.query().unwrap_or_default();
    let sent: BTreeSet<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').map_or(pair, |(key, _)| key))
        .collect();
    let wanted = endpoint.spec().query;
    if let Some(missing) = wanted.iter().find(|key| !sent.contains(*key)) {
        return Err(ApiError::invalid(format!("the query parameter '{missing}' is missing")));
    }
    match sent.iter().find(|key| !wanted.contains(key)) {
        Some(unknown) => Err(ApiError::invalid(format!("there is no query parameter '{unknown}' here"))),
        None => Ok(()),
    }
}

/// The value of a query parameter that stands once and says something.
pub(super) fn value(uri: &Uri, key: &str) -> Result<String, ApiError> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut values = pairs.filter(|(name, _)| name == key).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) if !value.trim().is_empty() => Ok(value.into_owned()),
        (Some(_), Some(_)) => Err(ApiError::invalid(format!("the query parameter '{key}' stands twice"))),
        _ => Err(ApiError::invalid(format!("the query parameter '{key}' is empty"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_and_stands_once() {
        let value = |text: &'static str| value(&Uri::from_static(text), "eid");
        assert_eq!(value("/p?eid=a%2Fb%20c%26d").unwrap(), "a/b c&d");
        for (uri, words) in [("/p?eid=", "empty"), ("/p?eid=%20", "empty"), ("/p?eid=1&eid=2", "twice")] {
            assert!(value(uri).unwrap_err().message.contains(words), "{uri}");
        }
    }
}
