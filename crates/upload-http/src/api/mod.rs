mod answer;
mod call;
mod direct;
mod form;
mod ingest;
mod storage;

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use upload_core::TransportError;
use upload_proto::{AccessToken, ApiHosts, Endpoint, PartnerId, headers};

use self::call::{Body, Call, Inner};
pub use self::form::FormFile;
use crate::{NetworkConfig, SetupError};

/// The platform's API, with the credentials it wants.
///
/// Each method sends one request, once; [`initiate`](Self::initiate) tells its one exception. A clone shares the connections.
#[derive(Clone)]
pub struct ApiClient(Arc<Inner>);

impl ApiClient {
    /// A client for the given hosts, acting for `partner` by `token`.
    ///
    /// # Errors
    /// For a proxy or CA that cannot be used, and for a credential that cannot stand in a header.
    pub fn new(
        hosts: ApiHosts,
        token: AccessToken,
        partner: PartnerId,
        network: &NetworkConfig,
    ) -> Result<Self, SetupError> {
        let http =
            network.build(|builder| builder.user_agent(concat!("upload/", env!("CARGO_PKG_VERSION"))))?;
        let sensitive = |name, text: &str| {
            let mut value = HeaderValue::from_str(text).map_err(|_| SetupError::Header(name))?;
            value.set_sensitive(true);
            Ok(value)
        };
        let mut credentials = HeaderMap::with_capacity(2);
        credentials.insert(AUTHORIZATION, sensitive("access token", &token.authorization())?);
        let partner_header = HeaderName::from_static(headers::PARTNER_ID);
        credentials.insert(partner_header, sensitive("partner id", partner.as_str())?);
        let (connect_timeout, idle_timeout) = (network.connect_timeout, network.idle_timeout);
        let inner = Inner { http, hosts, token, partner, credentials, connect_timeout, idle_timeout };
        Ok(Self(Arc::new(inner)))
    }

    /// Asks whether the platform is up, without credentials.
    ///
    /// # Errors
    /// When it does not answer with a success.
    pub async fn status(&self, attempt: u32) -> Result<(), TransportError> {
        self.0.send(self.call(Endpoint::Status, attempt)).await?.refuse_html()
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
        let allowance = self.0.connect_timeout.saturating_add(self.0.idle_timeout);
        Call { endpoint, attempt, id: None, query: None, upload_type: None, body: Body::Empty, allowance }
    }
}

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiClient").field("hosts", &self.0.hosts).field("partner", &self.0.partner).finish()
    }
}
