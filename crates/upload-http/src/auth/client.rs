use std::time::SystemTime;

use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{
    ApiHosts, Endpoint, RefreshRequest, RefreshResponse, RefreshToken, SignInRequest, SignInResponse,
};

use crate::{
    NetworkConfig, Pace, SetupError,
    api::{Call, Credentials, Wire},
};

/// The calls that need no token: those that get one, and the question whether the platform is there. Each method sends one
/// request, once.
#[derive(Clone)]
pub struct AuthClient {
    wire: Wire,
    pace: Pace,
}

impl AuthClient {
    /// A client for the given hosts, with a pace of its own; see [`paced`](Self::paced).
    ///
    /// # Errors
    /// For a proxy or CA that cannot be used.
    pub fn new(hosts: ApiHosts, network: &NetworkConfig) -> Result<Self, SetupError> {
        Ok(Self { wire: Wire::new(hosts, network)?, pace: Pace::default() })
    }

    /// The same client with this pace instead of its own.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// As [`ApiClient::status`](crate::ApiClient::status).
    ///
    /// # Errors
    /// When the platform does not answer with a success.
    pub async fn status(&self, attempt: u32) -> Result<Option<SystemTime>, TransportError> {
        let endpoint = Endpoint::Status;
        self.pace.admit(endpoint).await;
        let sent = self.wire.send(self.wire.call(endpoint, attempt), Credentials::None).await;
        let answer = sent.inspect_err(|error| self.pace.learn(endpoint, error))?;
        answer.refuse_html()?;
        Ok(answer.server_time)
    }

    /// Signs in with user name and password. The answer may be a challenge instead of a session.
    ///
    /// # Errors
    /// `Unauthorized` when name or password are refused, and whatever else can happen.
    pub async fn sign_in(
        &self,
        attempt: u32,
        request: &SignInRequest,
    ) -> Result<SignInResponse, TransportError> {
        let call = self.wire.call(Endpoint::SignIn, attempt).json(request)?;
        self.send(call, Credentials::Password(request.password.clone())).await
    }

    /// Gets a new access token.
    ///
    /// # Errors
    /// `Unauthorized` when the refresh token is refused, and whatever else can happen.
    pub async fn refresh(
        &self,
        attempt: u32,
        token: &RefreshToken,
    ) -> Result<RefreshResponse, TransportError> {
        let request = RefreshRequest { token: token.clone() };
        let call = self.wire.call(Endpoint::RefreshToken, attempt).json(&request)?;
        self.send(call, Credentials::Refresh(token.clone())).await
    }

    async fn send<T: serde::de::DeserializeOwned>(
        &self,
        call: Call<'_>,
        credentials: Credentials,
    ) -> Result<T, TransportError> {
        let endpoint = call.endpoint;
        self.pace.admit(endpoint).await;
        let answer = self.wire.send(call, credentials).await.map_err(|error| {
            self.pace.learn(endpoint, &error);
            // The documentation does not say with which status it refuses: whatever refuses these two bodies refuses
            // the secret in them.
            let refused = matches!(error.kind, Kind::Rejected | Kind::Forbidden);
            TransportError { kind: if refused { Kind::Unauthorized } else { error.kind }, ..error }
        })?;
        answer.json()
    }
}

impl std::fmt::Debug for AuthClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthClient").field("hosts", &self.wire.hosts).field("pace", &self.pace).finish()
    }
}
