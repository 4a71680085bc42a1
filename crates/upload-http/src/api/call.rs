use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Serialize;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{AccessToken, ApiHosts, Endpoint, PartnerId, UploadType, headers};

use super::answer::Answer;
use crate::{
    classify::classify,
    exchange::{Answered, Exchange, Family},
    response::{Ending, header, read_body, retry_after},
};

/// The most of an error's body that is read, in bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// The most of a success's body that is read, in bytes: 10,000 presigned URLs of 3 KiB each fit, and with a session
/// token in it one has about 2 KiB.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// One call, as its method describes it.
pub(super) struct Call<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) attempt: u32,
    pub(super) upload_type: Option<&'a UploadType>,
    pub(super) body: Option<Vec<u8>>,
    /// How long the answer may take to begin.
    pub(super) allowance: Duration,
}

impl<'a> Call<'a> {
    pub(super) fn typed<'b>(self, upload_type: Option<&'b UploadType>) -> Call<'b> {
        let Call { endpoint, attempt, body, allowance, upload_type: _ } = self;
        Call { endpoint, attempt, upload_type, body, allowance }
    }

    pub(super) fn json(self, body: &impl Serialize) -> Result<Self, TransportError> {
        let body = serde_json::to_vec(body).map_err(|error| other(error.to_string()))?;
        Ok(Self { body: Some(body), ..self })
    }
}

/// What every call needs.
pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    pub(super) hosts: ApiHosts,
    pub(super) token: AccessToken,
    pub(super) partner: PartnerId,
    pub(super) credentials: HeaderMap,
    pub(super) connect_timeout: Duration,
    pub(super) idle_timeout: Duration,
}

impl Inner {
    /// Sends the call, once, and logs how it went.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Answer, TransportError> {
        let Inner { http, hosts, credentials, .. } = self;
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
        let Inner { http, token, partner, idle_timeout, .. } = self;
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

fn other(message: String) -> TransportError {
    TransportError::new(Kind::Other, message)
}

fn stalled(message: String) -> TransportError {
    TransportError::new(Kind::Stalled, message)
}
