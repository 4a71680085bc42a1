//! What comes before every endpoint: credentials, query parameters, faults.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Request, State as Extract},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use upload_proto::{Endpoint, PartnerId, headers};

use super::{error::ApiError, fault::meet};
use crate::{Operation, log::Recording, state::State};

pub(super) async fn check(
    Extract((state, endpoint)): Extract<(Arc<State>, Endpoint)>,
    request: Request,
    next: Next,
) -> Response {
    let checked =
        check_credentials(&state, endpoint, request.headers()).and_then(|()| check_query(endpoint, &request));
    if let Err(error) = checked {
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

fn check_credentials(state: &State, endpoint: Endpoint, head: &HeaderMap) -> Result<(), ApiError> {
    if !endpoint.spec().authenticated {
        return Ok(());
    }
    let unauthorized = |code, message| Err(ApiError::new(StatusCode::UNAUTHORIZED, code, message));
    match head.get(header::AUTHORIZATION).map(|value| value.as_bytes()) {
        None => return unauthorized("MISSING_TOKEN", "send Authorization: Bearer <access token>"),
        Some(sent) if sent != state.token.authorization().as_bytes() => {
            return unauthorized(
                "INVALID_TOKEN",
                "error.auth.invalid_token: the access token is not valid here",
            );
        }
        Some(_) => {}
    }
    let forbidden = |code, message: String| Err(ApiError::new(StatusCode::FORBIDDEN, code, message));
    match head.get(headers::PARTNER_ID).map(|value| value.to_str().unwrap_or_default()) {
        None => forbidden("MISSING_PARTNER", "send X-Preferred-Partner-Id: <partner id>".into()),
        Some(sent) => match sent.parse::<PartnerId>() {
            Err(error) => forbidden("INVALID_PARTNER", error.to_string()),
            Ok(partner) if partner != state.partner => {
                forbidden("WRONG_PARTNER", format!("this token may not act for {partner}"))
            }
            Ok(_) => Ok(()),
        },
    }
}

fn check_query(endpoint: Endpoint, request: &Request) -> Result<(), ApiError> {
    let query = request.uri().query().unwrap_or_default();
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
