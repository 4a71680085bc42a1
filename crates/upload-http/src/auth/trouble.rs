use std::time::Duration;

use upload_core::{TransportError, TransportErrorKind as Kind};

/// Why a session cannot be renewed; like a [`TransportError`], and for many to share.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    kind: Kind,
    message: String,
    status: Option<u16>,
    code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    is_final: bool,
}

impl Trouble {
    fn final_one(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Unauthorized,
            message: message.into(),
            status: None,
            code: None,
            request_id: None,
            retry_after: None,
            is_final: true,
        }
    }

    pub(super) fn ended_before() -> Self {
        Self::final_one("the session is over: the platform has refused it before")
    }

    pub(super) fn fresh_token_refused() -> Self {
        Self::final_one("the session is over: the platform refused a fresh access token")
    }

    pub(super) fn signed_out() -> Self {
        Self::final_one("the session is over: it was signed out, or replaced by another user's, meanwhile")
    }

    pub(super) fn no_refresh_token(is_final: bool) -> Self {
        let message = "the session is over: the access token has ended, and no refresh token came with it";
        Self { is_final, ..Self::final_one(message) }
    }

    /// The task of a renewal ended without a result: the runtime is shutting down.
    pub(super) fn stopped() -> Self {
        let message = "the renewal of the access token was stopped";
        Self { kind: Kind::Connect, is_final: false, ..Self::final_one(message) }
    }

    pub(super) fn of_refresh(error: &TransportError) -> Self {
        let is_final = error.kind == Kind::Unauthorized;
        let message = match is_final {
            true => format!("the session is over: the platform refused to renew it ({})", error.message),
            false => format!("the access token could not be renewed: {}", error.message),
        };
        let kind = match error.kind {
            // Whatever became of the refresh, the call that wanted the token was never sent.
            kind if kind.leaves_outcome_unknown() => Kind::Connect,
            kind => kind,
        };
        Self {
            kind,
            message,
            status: error.status,
            code: error.code.clone(),
            request_id: error.request_id.clone(),
            retry_after: error.retry_after,
            is_final,
        }
    }

    /// Whether only signing in helps.
    pub(super) fn is_final(&self) -> bool {
        self.is_final
    }
}

impl From<Trouble> for TransportError {
    fn from(trouble: Trouble) -> Self {
        let Trouble { kind, message, status, code, request_id, retry_after, is_final: _ } = trouble;
        Self { status, code, request_id, retry_after, ..Self::new(kind, message) }
    }
}
