//! What comes before every endpoint: credentials, query parameters, faults.

mod credentials;
mod query;

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State as Extract},
    http::StatusCode,
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
    let judged = judge(&state, endpoint, &request)
        .and_then(|partner| within_budget(&state, endpoint, partner.as_ref()));
    if let Err(error) = judged {
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

/// Counts a request that is otherwise in order.
fn within_budget(state: &State, endpoint: Endpoint, partner: Option<&PartnerId>) -> Result<(), ApiError> {
    let class = endpoint.spec().budget;
    state.budget.take(Instant::now(), class, partner.map_or("", PartnerId::as_str)).map_err(|wait| {
        let message = "the budget of requests is used up: pace yourself below it";
        // Whole seconds, and never too early.
        let retry_after = wait.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        ApiError { retry_after, ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message) }
    })
}

/// Judges a request by its head; `Ok` has the partner it acts for, where it acts for one.
fn judge(state: &State, endpoint: Endpoint, request: &Request) -> Result<Option<PartnerId>, ApiError> {
    let partner = credentials::check(&state.accounts, endpoint, request.headers())?;
    query::check(endpoint, request.uri())?;
    Ok(partner)
}
