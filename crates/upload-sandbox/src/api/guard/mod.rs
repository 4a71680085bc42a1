//! What comes before every endpoint: credentials, query parameters, budgets, faults.

mod canned;
mod credentials;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State as Extract},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use upload_proto::{Endpoint, PartnerId};

use super::{error::ApiError, fault::meet, query};
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
    let operation = Operation::Api(endpoint);
    let recording = request.extensions().get::<Arc<Recording>>().cloned();
    if let Some(action) = state.faults.strike(operation, None) {
        if let Some(recording) = recording {
            recording.fault(action.name());
        }
        return meet(action, request, next).await;
    }
    if let Some(answer) = state.canned.take(operation) {
        if let Some(recording) = recording {
            recording.fault("answer");
        }
        return canned::give(answer, request).await;
    }
    next.run(request).await
}

/// Counts a request that is otherwise in order.
fn within_budget(state: &State, endpoint: Endpoint, partner: Option<&PartnerId>) -> Result<(), ApiError> {
    let class = endpoint.spec().budget;
    state.budget.take(Instant::now(), class, partner.map_or("", PartnerId::as_str)).map_err(|wait| {
        let message = "the budget of requests is used up: pace yourself below it";
        // Whole seconds, and never too early.
        let wait = wait.map(|wait| Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)));
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message).retry_after(wait)
    })
}

/// Judges a request by its head; `Ok` has the partner it acts for, where it acts for one.
fn judge(state: &State, endpoint: Endpoint, request: &Request) -> Result<Option<PartnerId>, ApiError> {
    let partner = credentials::check(&state.accounts, endpoint, request.headers())?;
    query::check(endpoint, request.uri())?;
    Ok(partner)
}
