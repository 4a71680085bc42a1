use std::collections::BTreeSet;

use axum::http::Uri;
use upload_proto::Endpoint;

use crate::api::error::ApiError;

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
