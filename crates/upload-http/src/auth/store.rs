use std::{
    any::Any,
    fmt, io,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use upload_proto::{AccessToken, RefreshToken, SignedIn};

use super::Claims;

/// A session as it can be kept between processes. As secret as what is in it: its `Debug` is redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSession {
    /// Authorises requests.
    pub access_token: AccessToken,
    /// Gets the next access token; without one, the session ends with this one.
    pub refresh_token: Option<RefreshToken>,
    /// When the access token was obtained, by this machine's clock.
    pub obtained_at: SystemTime,
    /// For how long it lives from then on; `None` where nobody knows.
    pub expires_in: Option<Duration>,
    /// The platform has refused it for good: only signing in helps.
    pub over: bool,
}

impl SavedSession {
    /// A session that has just begun.
    #[must_use]
    pub fn signed_in(signed_in: &SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token.clone(),
            refresh_token: signed_in.refresh_token.clone(),
            obtained_at: SystemTime::now(),
            expires_in: Some(Duration::from_secs(signed_in.expires_in)),
            over: false,
        }
    }

    /// A session from tokens that came from elsewhere. How long the access token lives, it may say itself.
    #[must_use]
    pub fn of_tokens(access_token: AccessToken, refresh_token: Option<RefreshToken>) -> Self {
        let obtained_at = SystemTime::now();
        let end = Claims::of_access_token(&access_token).and_then(|claims| claims.expires_at());
        let expires_in = end.map(|end| end.duration_since(obtained_at).unwrap_or_default());
        Self { access_token, refresh_token, obtained_at, expires_in, over: false }
    }
}

/// Where processes that share a session keep it.
///
/// A renewal takes the lock, loads what is there, and saves what it got: of several processes whose token is about to
/// end, the first renews it and the others find the new one.
#[async_trait]
pub trait SessionStore: Send + Sync + fmt::Debug {
    /// Waits for the lock; nobody else has it until it is dropped. Do not block the async threads for it.
    ///
    /// # Errors
    /// When there can be no lock. The renewal then goes on without one.
    async fn lock(&self) -> io::Result<StoreLock>;

    /// What is kept; `None` when nothing is, or another user's session: then this one is taken for signed out.
    ///
    /// # Errors
    /// When it cannot be read. The renewal then goes on from what it knows.
    async fn load(&self) -> io::Result<Option<SavedSession>>;

    /// Keeps the session, readable to its owner alone.
    ///
    /// # Errors
    /// When it cannot be written. The session then goes on in memory.
    async fn save(&self, session: &SavedSession) -> io::Result<()>;
}

/// The lock of a [`SessionStore`], for as long as it is not dropped.
pub struct StoreLock {
    _guard: Box<dyn Any + Send>,
}

impl StoreLock {
    /// A lock that is given back by dropping `guard`.
    #[must_use]
    pub fn new(guard: impl Send + 'static) -> Self {
        Self { _guard: Box::new(guard) }
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}
