use std::sync::Arc;

use axum::{
    Router,
    handler::Handler,
    http::{Method, StatusCode, Uri},
    middleware,
    routing::{self, MethodFilter, MethodRouter},
};
use upload_proto::{Endpoint, HostFamily, IngestKind, Method as TableMethod};

use super::{auth, direct, error::ApiError, guard, ingest, introspect, packages, status, storage};
use crate::{Mistake, Operation, log::HostKind, state::State};

/// Where the main API's root lies on the API port.
const API_ROOT: &str = "/api";
/// Where the CR API's root lies on the API port: the sandbox is one host.
const CR_ROOT: &str = "/cr/api";

/// All the API's routes, generated from the endpoint table.
pub(crate) fn router(state: Arc<State>) -> Router {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        if let Some(handler) = handler(*endpoint) {
            let guarded = middleware::from_fn_with_state((Arc::clone(&state), *endpoint), guard::check);
            router = router.route(&route(*endpoint), handler.layer(guarded));
        }
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .route(introspect::LOG, routing::get(introspect::log))
        .route(introspect::FILES, routing::get(introspect::files))
        .route(introspect::FILE, routing::get(introspect::file))
        .route(introspect::INGESTED, routing::get(introspect::ingested))
        .route(introspect::UPLOADS, routing::get(introspect::uploads))
        .with_state(state)
}

/// What answers an endpoint; `None` where the sandbox does not offer it.
fn handler(endpoint: Endpoint) -> Option<MethodRouter<Arc<State>>> {
    match endpoint {
        Endpoint::Status => on(endpoint, status::status),
        Endpoint::Partners => on(endpoint, auth::partners),
        Endpoint::SignIn => on(endpoint, auth::sign_in),
        Endpoint::RefreshToken => on(endpoint, auth::refresh),
        Endpoint::Media => on(endpoint, direct::media),
        Endpoint::IngestTransactionSummaryExcel => on(endpoint, direct::excel),
        Endpoint::EventsBulkUpload => on(endpoint, direct::events),
        Endpoint::InitiateMultipart => on(endpoint, storage::initiate),
        Endpoint::CompleteMultipart => on(endpoint, storage::complete),
        Endpoint::ValidateMultipart => on(endpoint, storage::validate),
        Endpoint::AbortMultipart => on(endpoint, storage::abort),
        Endpoint::PresignPut => on(endpoint, storage::presign),
        Endpoint::Package => on(endpoint, packages::package),
        Endpoint::PackageCustomers => on(endpoint, packages::customers),
        other => {
            let kind = IngestKind::ALL.into_iter().find(|kind| kind.endpoint() == other)?;
            on(other, move |state, request| ingest::ingest(kind, state, request))
        }
    }
}

fn on<H, T>(endpoint: Endpoint, handler: H) -> Option<MethodRouter<Arc<State>>>
where
    H: Handler<T, Arc<State>>,
    T: 'static,
{
    let filter = match endpoint.spec().method {
        TableMethod::Get => MethodFilter::GET,
        TableMethod::Post => MethodFilter::POST,
        TableMethod::Put => MethodFilter::PUT,
        TableMethod::Delete => MethodFilter::DELETE,
    };
    Some(routing::on(filter, handler))
}

fn route(endpoint: Endpoint) -> String {
    let spec = endpoint.spec();
    let root = match spec.host {
        HostFamily::Versioned | HostFamily::Unversioned => API_ROOT,
        HostFamily::Cr => CR_ROOT,
    };
    format!("{root}{}", spec.route())
}

/// Which host a path belongs to.
pub(super) fn host_of(path: &str) -> HostKind {
    let below = path.strip_prefix(CR_ROOT);
    if below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        HostKind::Cr
    } else {
        HostKind::Api
    }
}

/// Which operation a request asks for, by the same table the routes come from.
pub(super) fn operation_of(method: &Method, path: &str) -> Operation {
    let fits = |endpoint: &&Endpoint| {
        endpoint.spec().method.as_str() == method.as_str() && matches_route(&route(**endpoint), path)
    };
    Endpoint::ALL.iter().find(fits).map_or(Operation::Unknown, |endpoint| Operation::Api(*endpoint))
}

fn matches_route(route: &str, path: &str) -> bool {
    let (mut steps, mut wanted) = (path.split('/'), route.split('/'));
    loop {
        match (wanted.next(), steps.next()) {
            (None, None) => return true,
            (Some("{id}"), Some(step)) if !step.is_empty() => {}
            (Some(want), Some(step)) if want == step => {}
            _ => return false,
        }
    }
}

async fn not_found(method: Method, uri: Uri) -> ApiError {
    let path = uri.path();
    let media = format!("{API_ROOT}/v3{}", Endpoint::Media.spec().path);
    if path.trim_end_matches('/') == media {
        return ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is no {path}"))
            .mistake(Mistake::VersionedMedia);
    }
    let message = match operation_of(&method, path) {
        Operation::Unknown => format!("{method} {path} is no endpoint of the platform"),
        _ => format!("the sandbox does not offer {method} {path}"),
    };
    ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let message = format!("{} does not take {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_by_method_and_route() {
        for (method, path, endpoint) in [
            (Method::POST, "/api/v3/storage/multipart-upload", Endpoint::InitiateMultipart),
            (Method::DELETE, "/api/v3/storage/multipart-upload", Endpoint::AbortMultipart),
            (Method::POST, "/api/media", Endpoint::Media),
            (Method::GET, "/api/v3/package_builder/packages/7", Endpoint::Package),
            (Method::GET, "/api/v3/package_builder/packages/7/customers.csv", Endpoint::PackageCustomers),
            (Method::POST, "/cr/api/events/bulk_upload", Endpoint::EventsBulkUpload),
        ] {
            assert_eq!(operation_of(&method, path), Operation::Api(endpoint), "{path}");
        }
        for path in ["/api/v3/media", "/api/v3/package_builder/packages/", "/api/events/bulk_upload", "/"] {
            assert_eq!(operation_of(&Method::POST, path), Operation::Unknown, "{path}");
        }
    }

    #[test]
    fn every_row_of_the_table_is_offered() {
        let missing: Vec<_> = Endpoint::ALL.iter().filter(|row| handler(**row).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn hosts_are_told_apart_by_the_path() {
        assert_eq!(host_of("/api/v3/status/"), HostKind::Api);
        assert_eq!(host_of("/cr/api/events/bulk_upload"), HostKind::Cr);
        assert_eq!(host_of("/cr/apix"), HostKind::Api);
    }
}
