mod answer;
mod authorised;
mod call;
mod credentials;
mod direct;
mod form;
mod ingest;
mod packages;
mod storage;

use std::{sync::Arc, time::SystemTime};

use upload_core::TransportError;
use upload_proto::{ApiHosts, Endpoint, PartnerId};

pub use self::form::FormFile;
use self::{authorised::Inner, credentials::check_partner};
pub(crate) use self::{
    call::{Call, Wire},
    credentials::Credentials,
};
use crate::{NetworkConfig, Pace, SetupError, Tokens};

/// An API's answer of this status and body to a request with these credentials.
#[cfg(any(test, fuzzing))]
pub(crate) fn answered(status: u16, body: &[u8], credentials: Credentials) -> answer::Answer {
    answer::Answer {
        status,
        content_type: None,
        request_id: None,
        retry_after: None,
        server_time: None,
        body: body.to_vec(),
        credentials,
    }
}

/// The platform's API, with the credentials it wants.
///
/// Each method sends one request, once, at a pace the platform allows ([`paced`](Self::paced)). Two exceptions: a call
/// that is refused because its token has died is sent once more with a new one, where [`Tokens`] can get one; and
/// [`initiate`](Self::initiate) tells its own. A clone shares connections, pace and tokens.
#[derive(Clone)]
pub struct ApiClient(Arc<Inner>);

impl ApiClient {
    /// A client for the given hosts, acting for `partner` by `tokens`: an access token, or a
    /// [`Session`](crate::Session) that renews it.
    ///
    /// It keeps to the platform's budgets by itself; see [`paced`](Self::paced).
    ///
    /// # Errors
    /// For a proxy or CA that cannot be used, and for a partner id that cannot stand in a header.
    pub fn new(
        hosts: ApiHosts,
        tokens: impl Into<Tokens>,
        partner: PartnerId,
        network: &NetworkConfig,
    ) -> Result<Self, SetupError> {
        check_partner(&partner)?;
        let wire = Wire::new(hosts, network)?;
        Ok(Self(Arc::new(Inner { wire, tokens: tokens.into(), partner, pace: Pace::default() })))
    }

    /// The same client with this pace instead of its own: let all clients that act for one partner share one.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self(Arc::new(Inner { pace, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Asks whether the platform is up, without credentials. Answers with the server's clock, in whole seconds, where
    /// the server says.
    ///
    /// # Errors
    /// When it does not answer with a success.
    pub async fn status(&self, attempt: u32) -> Result<Option<SystemTime>, TransportError> {
        let answer = self.0.send(self.call(Endpoint::Status, attempt)).await?;
        answer.refuse_html()?;
        Ok(answer.server_time)
    }

    /// Asks who the caller is; a success proves that token and partner are accepted.
    ///
    /// # Errors
    /// `Unauthorized` for the token, `Forbidden` for the partner, and whatever else can happen.
    pub async fn partners(&self, attempt: u32) -> Result<(), TransportError> {
        let answer = self.0.send(self.call(Endpoint::Partners, attempt)).await?;
        answer.json::<serde::de::IgnoredAny>().map(drop)
    }

    fn call<'a>(&self, endpoint: Endpoint, attempt: u32) -> Call<'a> {
        self.0.wire.call(endpoint, attempt)
    }
}

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Inner { wire, tokens, partner, pace } = &*self.0;
        f.debug_struct("ApiClient")
            .field("hosts", &wire.hosts)
            .field("partner", partner)
            .field("tokens", tokens)
            .field("pace", pace)
            .finish()
    }
}
