use std::time::Instant;

use upload_proto::{AccessToken, PartnerId};

use super::SandboxHandle;

/// Accounts and tokens.
impl SandboxHandle {
    /// A token that the API accepts for as long as the sandbox runs, made anew at each start.
    #[must_use]
    pub fn access_token(&self) -> &str {
        self.state.accounts.token().expose()
    }

    /// The same, ready to be given to a client.
    #[must_use]
    pub fn token(&self) -> &AccessToken {
        self.state.accounts.token()
    }

    /// The partner the API accepts; the first of them, where the account has several.
    #[must_use]
    pub fn partner_id(&self) -> &str {
        self.state.accounts.partner().as_str()
    }

    /// All the partners the account may act for.
    #[must_use]
    pub fn partners(&self) -> &[PartnerId] {
        &self.state.accounts.account().partners
    }

    /// Who can sign in.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.state.accounts.account().username
    }

    /// By which password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.state.accounts.account().password
    }

    /// Ends the life of every access token that came of a sign-in or a refresh, as if its time were over. Their
    /// sessions go on: a refresh gives a new token.
    pub fn expire_access_tokens(&self) {
        self.state.accounts.expire_access_tokens(Instant::now());
    }

    /// Ends every session: its access tokens and its refresh token are refused from now on.
    pub fn revoke_sessions(&self) {
        self.state.accounts.revoke_sessions();
    }
}
