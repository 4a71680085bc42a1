use std::fmt;

use tokio::time::Instant;
use upload_core::TransportError;
use upload_proto::AccessToken;

use super::{Session, life::Life};

/// Where an [`ApiClient`](crate::ApiClient) gets its access token from. A clone is the same source.
#[derive(Clone)]
pub struct Tokens(Source);

#[derive(Clone)]
enum Source {
    Fixed(AccessToken),
    Session(Session),
}

/// A token for one request, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) token: AccessToken,
    /// How many tokens the session had before it.
    pub(super) generation: u64,
    /// When it was got from the platform, by whichever process.
    pub(super) obtained: Instant,
    pub(super) life: Life,
}

impl Tokens {
    /// This one, for as long as it lives; nothing can renew it.
    #[must_use]
    pub fn fixed(token: AccessToken) -> Self {
        Self(Source::Fixed(token))
    }

    /// Whether there is any point in asking for one.
    pub(crate) fn check(&self) -> Result<(), TransportError> {
        match &self.0 {
            Source::Fixed(_) => Ok(()),
            Source::Session(session) => session.check(),
        }
    }

    /// A token that is good for a request now.
    pub(crate) async fn grant(&self) -> Result<Grant, TransportError> {
        match &self.0 {
            Source::Fixed(token) => Ok(Grant::unlimited(token.clone())),
            Source::Session(session) => session.grant().await,
        }
    }

    /// Another token, after a request that began at `began` was refused for `refused`; `None` where there is none to be
    /// had, or where another would be refused too.
    pub(crate) async fn replace(
        &self,
        refused: &Grant,
        began: Instant,
    ) -> Result<Option<Grant>, TransportError> {
        match &self.0 {
            Source::Fixed(_) => Ok(None),
            Source::Session(session) => session.replace(refused, began).await,
        }
    }
}

impl Grant {
    fn unlimited(token: AccessToken) -> Self {
        let obtained = Instant::now();
        Self { token, generation: 0, obtained, life: Life::unknown() }
    }
}

impl From<AccessToken> for Tokens {
    fn from(token: AccessToken) -> Self {
        Self::fixed(token)
    }
}

impl From<Session> for Tokens {
    fn from(session: Session) -> Self {
        Self(Source::Session(session))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Source::Fixed(_) => "Tokens(fixed)",
            Source::Session(_) => "Tokens(session)",
        })
    }
}
