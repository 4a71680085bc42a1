use std::time::Instant;

use axum::http::{HeaderMap, StatusCode, header};
use upload_proto::{Endpoint, PartnerId, headers};

use crate::{
    accounts::{Accounts, TokenTrouble},
    api::error::ApiError,
};

/// The partner a request acts for; `None` where the endpoint wants no credentials.
pub(super) fn check(
    accounts: &Accounts,
    endpoint: Endpoint,
    head: &HeaderMap,
) -> Result<Option<PartnerId>, ApiError> {
    if !endpoint.spec().authenticated {
        return Ok(None);
    }
    check_token(accounts, head)?;
    partner(accounts, head).map(Some)
}

fn check_token(accounts: &Accounts, head: &HeaderMap) -> Result<(), ApiError> {
    let (code, message) = match head.get(header::AUTHORIZATION) {
        None => ("MISSING_TOKEN", "send Authorization: Bearer <access token>"),
        Some(sent) => match accounts.check(sent.to_str().unwrap_or_default(), Instant::now()) {
            Ok(()) => return Ok(()),
            Err(TokenTrouble::Unknown) => {
                ("INVALID_TOKEN", "error.auth.invalid_token: the access token is not valid here")
            }
            Err(TokenTrouble::Expired) => {
                ("TOKEN_EXPIRED", "error.auth.token_expired: the access token's life is over; refresh it")
            }
        },
    };
    Err(ApiError::new(StatusCode::UNAUTHORIZED, code, message))
}

fn partner(accounts: &Accounts, head: &HeaderMap) -> Result<PartnerId, ApiError> {
    let forbidden = |code, message: String| Err(ApiError::new(StatusCode::FORBIDDEN, code, message));
    match head.get(headers::PARTNER_ID).map(|value| value.to_str().unwrap_or_default()) {
        None => forbidden("MISSING_PARTNER", "send X-Preferred-Partner-Id: <partner id>".into()),
        Some(sent) => match sent.parse::<PartnerId>() {
            Err(error) => forbidden("INVALID_PARTNER", error.to_string()),
            Ok(partner) if accounts.may_act_for(&partner) => Ok(partner),
            Ok(partner) => forbidden("WRONG_PARTNER", format!("this token may not act for {partner}")),
        },
    }
}
