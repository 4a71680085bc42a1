mod answer;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{
    AbortRequest, AccessToken, ApiHosts, CompleteRequest, CompleteResponse, Endpoint, InitiateRequest,
    InitiateResponse, PartnerId, PresignRequest, PresignResponse, UploadType, ValidateRequest,
    ValidateResponse, headers,
};

use self::answer::Answer;
use crate::{
    NetworkConfig, SetupError,
    classify::classify,
    exchange::{Answered, Exchange, Family},
    response::{Ending, header, read_body, retry_after},
};

/// The most of an error's body that is read, in bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// The most of a success's body that is read, in bytes: 10,000 presigned URLs of 1.5 KiB each fit.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// How long the answer to complete may take at the least: S3 itself may work on it for several minutes (S3 API
/// Reference, `CompleteMultipartUpload`).
const COMPLETE_ALLOWANCE: Duration = Duration::from_secs(300);

/// The platform's API, with the credentials it wants.
///
/// Each method sends one request, once. A clone shares the connections.
#[derive(Clone)]
pub struct ApiClient(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    hosts: ApiHosts,
    token: AccessToken,
    partner: PartnerId,
    credentials: HeaderMap,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

/// One call, as its method describes it.
struct Call<'a> {
    endpoint: Endpoint,
    attempt: u32,
    upload_type: Option<&'a UploadType>,
    body: Option<Vec<u8>>,
    /// How long the answer may take to begin.
    allowance: Duration,
}

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
        self.send(self.call(Endpoint::Status, attempt)).await?.refuse_html()
    }

    /// Asks who the caller is; a success proves that token and partner are accepted.
    ///
    /// # Errors
    /// [`TransportErrorKind::Unauthorized`](Kind::Unauthorized) for the token, [`TransportErrorKind::Forbidden`](Kind::Forbidden) for the partner, and whatever else can happen.
    pub async fn partners(&self, attempt: u32) -> Result<(), TransportError> {
        let answer = self.send(self.call(Endpoint::Partners, attempt)).await?;
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
        let answer = self.send(call).await?;
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
        let answer = self.send(call).await?;
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
        let answer = self.send(call).await?;
        if answer.is_empty() { Ok(CompleteResponse::default()) } else { answer.json() }
    }

    /// Has the platform check a completed object.
    ///
    /// # Errors
    /// [`TransportErrorKind::NotFound`](Kind::NotFound) or [`TransportErrorKind::Unsupported`](Kind::Unsupported) where this server offers none, and whatever else can happen.
    pub async fn validate(
        &self,
        attempt: u32,
        upload_type: &UploadType,
        request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        let call = self.call(Endpoint::ValidateMultipart, attempt).typed(Some(upload_type)).json(request)?;
        self.send(call).await?.json()
    }

    /// Gives an upload up. Any success counts, whatever its body.
    ///
    /// # Errors
    /// [`TransportErrorKind::NotFound`](Kind::NotFound) where it is gone already, and whatever else can happen.
    pub async fn abort(&self, attempt: u32, request: &AbortRequest) -> Result<(), TransportError> {
        let call = self.call(Endpoint::AbortMultipart, attempt).json(request)?;
        self.send(call).await.map(drop)
    }

    fn call(&self, endpoint: Endpoint, attempt: u32) -> Call<'static> {
        let allowance = self.0.connect_timeout.saturating_add(self.0.idle_timeout);
        Call { endpoint, attempt, upload_type: None, body: None, allowance }
    }

    async fn send(&self, call: Call<'_>) -> Result<Answer, TransportError> {
        let Inner { http, hosts, credentials, .. } = &*self.0;
        let spec = call.endpoint.spec();
        let url = call.endpoint.url(hosts).build().map_err(|error| other(error.to_string()))?;
        let method = reqwest::Method::from_bytes(spec.method.as_str().as_bytes());
        let method = method.map_err(|error| other(error.to_string()))?;
        let mut request = http.request(method, url);
        if spec.authenticated {
            request = request.headers(credentials.clone());
        }
        if let Some(upload_type) = call.upload_type {
            request = request.header(headers::UPLOAD_TYPE, upload_type.as_str());
        }
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let request = request.build().map_err(|error| classify(error, "the API"))?;
        let url = request.url();
        let host = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let exchange = Exchange::begin(Family::Api, spec.method.as_str(), host, url.path(), call.attempt);
        let result = self.exchange(request, call.allowance, exchange.host()).await;
        match &result {
            Ok(answer) => {
                exchange
                    .succeeded(&Answered { status: answer.status, request_id: answer.request_id.clone() });
            }
            Err(error) => exchange.failed(error),
        }
        result
    }

    async fn exchange(
        &self,
        request: reqwest::Request,
        allowance: Duration,
        host: &str,
    ) -> Result<Answer, TransportError> {
        let Inner { http, token, partner, idle_timeout, .. } = &*self.0;
        let sent = tokio::time::timeout(allowance, http.execute(request)).await;
        let mut response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(classify(error, host)),
            Err(_) => {
                return Err(stalled(format!("{host} gave no answer for {} s", allowance.as_secs_f32())));
            }
        };
        let is_success = response.status().is_success();
        let limit = if is_success { MAX_BODY } else { MAX_ERROR_BODY };
        let (body, ending) = read_body(&mut response, limit, *idle_timeout).await;
        let answer = Answer {
            status: response.status().as_u16(),
            content_type: header(&response, CONTENT_TYPE.as_str()),
            request_id: header(&response, headers::REQUEST_ID),
            retry_after: retry_after(&response, SystemTime::now()),
            body,
            token: token.clone(),
        };
        if !is_success {
            return Err(answer.into_error(partner));
        }
        match ending {
            Ending::Complete => Ok(answer),
            Ending::TooLong => {
                Err(answer.bad(format!("the API answered with more than {} MiB", MAX_BODY / 1024 / 1024)))
            }
            Ending::Broken(Some(error)) => Err(classify(error, host)),
            Ending::Broken(None) => Err(stalled(format!("{host} stopped in the middle of its answer"))),
        }
    }
}

impl<'a> Call<'a> {
    fn typed<'b>(self, upload_type: Option<&'b UploadType>) -> Call<'b> {
        let Call { endpoint, attempt, body, allowance, upload_type: _ } = self;
        Call { endpoint, attempt, upload_type, body, allowance }
    }

    fn json(self, body: &impl Serialize) -> Result<Self, TransportError> {
        let body = serde_json::to_vec(body).map_err(|error| other(error.to_string()))?;
        Ok(Self { body: Some(body), ..self })
    }
}

fn other(message: String) -> TransportError {
    TransportError::new(Kind::Other, message)
}

fn stalled(message: String) -> TransportError {
    TransportError::new(Kind::Stalled, message)
}

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiClient").field("hosts", &self.0.hosts).field("partner", &self.0.partner).finish()
    }
}
