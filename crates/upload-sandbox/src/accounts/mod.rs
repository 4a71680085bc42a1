//! Who may ask: the account, its sessions, and the token every sandbox is started with.

mod account;
mod jwt;
mod known;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::json;
use upload_proto::{AccessToken, PartnerId};

pub use account::Account;
use known::Known;

use crate::{SandboxError, clock::Clock, sandbox::random_text};

/// The partner of an account that names none.
const PARTNER: &str = "partner-id-sandbox";

/// Everyone the sandbox knows.
#[derive(Debug)]
pub(crate) struct Accounts {
    account: Account,
    partner: PartnerId,
    token: AccessToken,
    clock: Clock,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    /// Access tokens, with their ends.
    access: Known<Instant>,
    refresh: Known<()>,
}

/// What a sign-in gives.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
    pub(crate) refresh_token: String,
}

/// Why a token does not authorise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenTrouble {
    Unknown,
    Expired,
}

impl Accounts {
    pub(crate) fn new(account: Account, clock: Clock) -> Result<Self, SandboxError> {
        let unusable = |error: &dyn std::fmt::Display| SandboxError::Setup(error.to_string());
        let token = random_text(48).parse().map_err(|error| unusable(&error))?;
        let mut account = account;
        if account.partners.is_empty() {
            account.partners.push(PARTNER.parse().map_err(|error| unusable(&error))?);
        }
        let partner = account.partners.first().cloned();
        let partner = partner.ok_or_else(|| SandboxError::Setup("the account has no partner".into()))?;
        Ok(Self { account, partner, token, clock, sessions: Mutex::default() })
    }

    /// The account as it is set up.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// The first of the account's partners.
    pub(crate) fn partner(&self) -> &PartnerId {
        &self.partner
    }

    /// The token that always works.
    pub(crate) fn token(&self) -> &AccessToken {
        &self.token
    }

    /// For how long a new access token lives.
    pub(crate) fn token_life(&self) -> Duration {
        Duration::from_secs(self.account.token_life.as_secs().max(1))
    }

    /// Whether this is how the account signs in.
    pub(crate) fn is_right(&self, username: &str, password: &str) -> bool {
        self.account.username == username && self.account.password == password
    }

    pub(crate) fn sign_in(&self, now: Instant) -> Session {
        let refresh_token = random_text(64);
        let mut sessions = self.lock();
        sessions.refresh.insert(refresh_token.clone(), ());
        Session {
            access_token: self.new_access_token(&mut sessions, now),
            id_token: jwt::token(&self.claims("id")),
            refresh_token,
        }
    }

    /// A new access token; `None` for a refresh token that was never given out, or was revoked.
    pub(crate) fn refresh(&self, refresh_token: &str, now: Instant) -> Option<String> {
        let mut sessions = self.lock();
        sessions.refresh.get(refresh_token)?;
        Some(self.new_access_token(&mut sessions, now))
    }

    /// Whether the value of an `Authorization` header authorises now.
    pub(crate) fn check(&self, authorization: &str, now: Instant) -> Result<(), TokenTrouble> {
        let token = authorization.strip_prefix("Bearer ").ok_or(TokenTrouble::Unknown)?;
        if token == self.token.expose() {
            return Ok(());
        }
        match self.lock().access.get(token) {
            None => Err(TokenTrouble::Unknown),
            Some(end) if *end <= now => Err(TokenTrouble::Expired),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn may_act_for(&self, partner: &PartnerId) -> bool {
        self.account.partners.contains(partner)
    }

    /// Ends all sessions, refresh tokens included.
    pub(crate) fn revoke_sessions(&self) {
        let mut sessions = self.lock();
        sessions.access.clear();
        sessions.refresh.clear();
    }

    /// Ends the life of all access tokens that have one.
    pub(crate) fn expire_access_tokens(&self, now: Instant) {
        self.lock().access.values_mut().for_each(|end| *end = now.min(*end));
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_access_token(&self, sessions: &mut Sessions, now: Instant) -> String {
        let token = jwt::token(&self.claims("access"));
        sessions.access.insert(token.clone(), now + self.token_life());
        token
    }

    /// What a token says, in Cognito's spelling, which differs between the two kinds of token.
    fn claims(&self, token_use: &str) -> serde_json::Value {
        let issued = self.clock.unix_seconds();
        let name = if token_use == "id" { "cognito:username" } else { "username" };
        json!({
            "token_use": token_use,
            name: self.account.username,
            "cognito:groups": self.account.partners.iter().map(PartnerId::as_str).collect::<Vec<_>>(),
            "iat": issued,
            "exp": issued + self.token_life().as_secs(),
            "jti": random_text(16),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts::new(Account::default(), Clock::default()).unwrap()
    }

    fn check(accounts: &Accounts, token: &str, now: Instant) -> Result<(), TokenTrouble> {
        accounts.check(&format!("Bearer {token}"), now)
    }

    #[test]
    fn a_token_lives_as_long_as_it_should_and_a_refresh_gives_another() {
        let (accounts, begin) = (accounts(), Instant::now());
        let session = accounts.sign_in(begin);
        let end = begin + Duration::from_secs(3600);
        assert_eq!(check(&accounts, &session.access_token, end - Duration::from_millis(1)), Ok(()));
        assert_eq!(check(&accounts, &session.access_token, end), Err(TokenTrouble::Expired));
        let fresh = accounts.refresh(&session.refresh_token, end).unwrap();
        assert_ne!(fresh, session.access_token);
        assert_eq!(check(&accounts, &fresh, end), Ok(()));
        assert_eq!(check(&accounts, accounts.token().expose(), end), Ok(()));
        for never in ["", "x", &session.refresh_token, &session.id_token] {
            assert_eq!(check(&accounts, never, begin), Err(TokenTrouble::Unknown), "{never}");
        }
        assert!(accounts.refresh(&session.access_token, begin).is_none());
    }

    #[test]
    fn expiring_leaves_the_session_and_revoking_does_not() {
        let (accounts, now) = (accounts(), Instant::now());
        let session = accounts.sign_in(now);
        accounts.expire_access_tokens(now);
        assert_eq!(check(&accounts, &session.access_token, now), Err(TokenTrouble::Expired));
        let fresh = accounts.refresh(&session.refresh_token, now).unwrap();
        assert_eq!(check(&accounts, &fresh, now), Ok(()));
        accounts.revoke_sessions();
        assert_eq!(check(&accounts, &fresh, now), Err(TokenTrouble::Unknown));
        assert!(accounts.refresh(&session.refresh_token, now).is_none());
        assert_eq!(check(&accounts, accounts.token().expose(), now), Ok(()));
    }

    #[test]
    fn no_debug_has_the_password() {
        let account = Account { password: "pl4nted".into(), ..Account::default() };
        assert!(!format!("{account:?}").contains("pl4nted"));
    }
}
