use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use axum::{Router, body::Body, http::HeaderValue, response::Response};
use hyper::body::Incoming;
use tower::ServiceExt;
use upload_proto::headers;

use super::{
    error::Refused,
    introspect::INTROSPECTION,
    routes::{host_of, operation_of},
};
use crate::{
    log::{RequestLog, Seen},
    net::GuardedBody,
    sandbox::request_id,
};

/// Answers one request of the API port, and writes it into the log.
pub(crate) async fn answer(
    router: Router,
    log: Arc<RequestLog>,
    request: http::Request<Incoming>,
) -> Response {
    // Looking at the log does not change it.
    if request.uri().path().starts_with(INTROSPECTION) {
        return route(router, request.map(Body::new)).await;
    }
    let recording = Arc::new(log.begin(seen(&request)));
    let (mut head, body) = request.into_parts();
    let body = GuardedBody::new(body, &head.headers, recording.byte_counter());
    head.extensions.insert(Arc::clone(&recording));
    let mut response = route(router, http::Request::from_parts(head, Body::new(body))).await;
    let refused = response.extensions().get::<Refused>();
    recording.answered(
        response.status().as_u16(),
        refused.map(|refused| refused.code.as_str()),
        refused.and_then(|refused| refused.mistake),
    );
    if let Ok(id) = HeaderValue::from_str(&request_id()) {
        response.headers_mut().insert(headers::REQUEST_ID, id);
    }
    response
}

async fn route(router: Router, request: http::Request<Body>) -> Response {
    let answered: Result<Response, Infallible> = router.oneshot(request).await;
    match answered {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn seen(request: &http::Request<Incoming>) -> Seen {
    let path = request.uri().path();
    let names: BTreeSet<_> = request.headers().keys().map(|name| name.as_str().to_owned()).collect();
    Seen {
        host: host_of(path),
        method: request.method().to_string(),
        path: path.to_owned(),
        operation: operation_of(request.method(), path),
        part_number: None,
        upload_id: None,
        headers: names.into_iter().collect(),
    }
}
