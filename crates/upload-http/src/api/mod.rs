mod answer;
mod call;

use std::{sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use upload_core::TransportError;
use upload_proto::{
    AbortRequest, AccessToken, ApiHosts, CompleteRequest, CompleteResponse, Endpoint, InitiateRequest,
    InitiateResponse, PartnerId, PresignRequest, PresignResponse, UploadType, ValidateRequest,
    ValidateResponse, headers,
};

use self::call::{Call, Inner};
use crate::{NetworkConfig, SetupError};

/// How long the answer to complete may take at the least: S3 itself may work on it for several minutes (S3 API
/// Reference, `CompleteMultipartUpload`).
const COMPLETE_ALLOWANCE: Duration = Duration::from_secs(300);

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

    /// Starts a multipart upload.
    ///
    /// An answer that opens an upload and refuses it at once by `validation_errors` is a refusal; the upload it
    /// opened is aborted before this returns, since nobody else would know of it.
    ///
    /// # Errors
    /// When the platform refuses, or no usable answer comes.
    pub async fn initiate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        let call = self.call(Endpoint::InitiateMultipart, attempt).typed(Some(upload_type)).json(request)?;
        let answer = self.0.send(call).await?;
        let opened: Result<InitiateResponse, _> = answer.json();
        let Err(mut refusal) = answer.refuse_validation_errors() else { return opened };
        if let Ok(InitiateResponse { upload_id, object_key, .. }) = opened
            && let Err(error) = self.abort(1, &AbortRequest { upload_id, object_key }).await
        {
            refusal.message.push_str(&format!("; the upload it opened could not be aborted: {error}"));
        }
        Err(refusal)
    }

    /// Asks for one presigned URL for a whole object.
    ///
    /// # Errors
    /// When the platform refuses, or no usable answer comes.
    pub async fn presign(
        &self,
        attempt: u32,
        upload_type: Option<&UploadType>,
        request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        let call = self.call(Endpoint::PresignPut, attempt).typed(upload_type).json(request)?;
        let answer = self.0.send(call).await?;
        answer.refuse_validation_errors()?;
        answer.json()
    }

    /// Puts the parts together. The answer may take five minutes, or the idle timeout where that is longer. An
    /// empty body is a success that says nothing.
    ///
    /// # Errors
    /// When the platform refuses, or no usable answer comes.
    pub async fn complete(
        &self,
        attempt: u32,
        request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        let mut call = self.call(Endpoint::CompleteMultipart, attempt).json(request)?;
        call.allowance = call.allowance.max(COMPLETE_ALLOWANCE);
        let answer = self.0.send(call).await?;
        if answer.is_empty() { Ok(CompleteResponse::default()) } else { answer.json() }
    }

    /// Has the platform check a completed object.
    ///
    /// # Errors
    /// `NotFound` or `Unsupported` where this server offers none, and whatever else can happen.
    pub async fn validate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        let call = self.call(Endpoint::ValidateMultipart, attempt).typed(Some(upload_type)).json(request)?;
        self.0.send(call).await?.json()
    }

    /// Gives an upload up. Any success counts, whatever its body.
    ///
    /// # Errors
    /// `NotFound` where it is gone already, and whatever else can happen.
    pub async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError> {
        let call = self.call(Endpoint::AbortMultipart, attempt).json(request)?;
        self.0.send(call).await.map(drop)
    }

    fn call(&self, endpoint: Endpoint, attempt: u32) -> Call<'static> {
        let allowance = self.0.connect_timeout.saturating_add(self.0.idle_timeout);
        Call { endpoint, attempt, upload_type: None, body: None, allowance }
    }
}

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiClient").field("hosts", &self.0.hosts).field("partner", &self.0.partner).finish()
    }
}
