//! What comes before every endpoint: credentials, query parameters, faults.

mod credentials;
mod query;

use std::sync::Arc;

use axum::{
    extract::{Request, State as Extract},
    middleware::Next,
    response::{IntoResponse, Response},
};
use upload_proto::{Endpoint, PartnerId};

use super::{error::ApiError, fault::meet};
use crate::{Operation, log::Recording, state::State};

pub(super) async fn check(
    Extract((state, endpoint)): Extract<(Arc<State>, Endpoint)>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(error) = judge(&state, endpoint, &request) {
        return error.into_response();
    }
    let fault = state.faults.strike(Operation::Api(endpoint), None);
    if let (Some(action), Some(recording)) = (&fault, request.extensions().get::<Arc<Recording>>()) {
        recording.fault(action);
    }
    match fault {
        Some(action) => meet(action, request, next).await,
        None => next.run(request).await,
    }
}

/// Judges a request by its head; `Ok` has the partner it acts for, where it acts for one.
fn judge(state: &State, endpoint: Endpoint, request: &Request) -> Result<Option<PartnerId>, ApiError> {
    let partner = credentials::check(&state.accounts, endpoint, request.headers())?;
    query::check(endpoint, request.uri())?;
    Ok(partner)
}
