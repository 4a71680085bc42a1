use std::{fmt, time::Duration};

use upload_proto::PartnerId;

/// The one account of a sandbox.
#[derive(Clone)]
pub struct Account {
    /// Who signs in; `sandbox` by default.
    pub username: String,
    /// By which password; `sandbox` by default. The `Debug` of an account leaves it out.
    pub password: String,
    /// The partners it may act for. Empty, as by default, stands for `partner-id-sandbox` alone.
    pub partners: Vec<PartnerId>,
    /// What sign-in answers instead of a session, such as `NEW_PASSWORD_REQUIRED`; by default nothing.
    pub challenge: Option<String>,
    /// How long the access tokens of a sign-in or refresh live: whole seconds, at least 1; an hour by default. The
    /// token that a sandbox is started with has no end.
    pub token_life: Duration,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            username: "sandbox".into(),
            password: "sandbox".into(),
            partners: Vec::new(),
            challenge: None,
            token_life: Duration::from_secs(3600),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, partners, challenge, token_life, password: _ } = self;
        f.debug_struct("Account")
            .field("username", username)
            .field("partners", partners)
            .field("challenge", challenge)
            .field("token_life", token_life)
            .finish_non_exhaustive()
    }
}
