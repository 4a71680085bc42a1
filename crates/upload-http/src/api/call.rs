use std::{
    pin::pin,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::future::{Either, select};
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::{ApiHosts, Endpoint, UploadType, headers};

use super::{answer::Answer, credentials::Credentials, form::FormFile};
use crate::{
    NetworkConfig, SetupError,
    classify::classify,
    exchange::{Answered, Exchange, Family},
    response::{Ending, header, read_body, retry_after, server_time},
    watched_body::FlowGuard,
};

/// The most of an error's body that is read, in bytes.
pub(super) const MAX_ERROR_BODY: usize = 64 * 1024;
/// The most of a success's body that is read, in bytes: 10,000 presigned URLs of 3 KiB each fit, and with a session
/// token in it one has about 2 KiB.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// One call, as its method describes it.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) endpoint: Endpoint,
    pub(super) attempt: u32,
    /// The id in the path, for the endpoints that have one.
    pub(super) id: Option<&'a str>,
    pub(super) query: Option<(&'static str, &'a str)>,
    pub(super) upload_type: Option<&'a UploadType>,
    pub(super) body: Body<'a>,
    /// How long the answer may take to begin, counted from the last byte of the body.
    pub(super) allowance: Duration,
}

/// What a call sends. Each can be sent again: none is used up.
#[derive(Clone)]
pub(crate) enum Body<'a> {
    Empty,
    Json(Bytes),
    Form(&'a FormFile<'a>),
}

impl<'a> Call<'a> {
    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, TransportError> {
        let body = serde_json::to_vec(body).map_err(|error| other(error.to_string()))?;
        Ok(Self { body: Body::Json(body.into()), ..self })
    }
}

impl Call<'_> {
    fn url(&self, hosts: &ApiHosts) -> Result<String, TransportError> {
        let mut url = self.endpoint.url(hosts);
        if let Some(id) = self.id {
            url = url.id(id);
        }
        if let Some((key, value)) = self.query {
            url = url.query(key, value);
        }
        url.build().map_err(|error| other(error.to_string()))
    }
}

/// The way to the API, without a credential.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(super) http: reqwest::Client,
    pub(crate) hosts: ApiHosts,
    connect_timeout: Duration,
    pub(super) idle_timeout: Duration,
}

impl Wire {
    pub(crate) fn new(hosts: ApiHosts, network: &NetworkConfig) -> Result<Self, SetupError> {
        let http =
            network.build(|builder| builder.user_agent(concat!("upload/", env!("CARGO_PKG_VERSION"))))?;
        let (connect_timeout, idle_timeout) = (network.connect_timeout, network.idle_timeout);
        Ok(Self { http, hosts, connect_timeout, idle_timeout })
    }

    /// A call with nothing in it yet.
    pub(crate) fn call<'a>(&self, endpoint: Endpoint, attempt: u32) -> Call<'a> {
        let allowance = self.connect_timeout.saturating_add(self.idle_timeout);
        Call { endpoint, attempt, id: None, query: None, upload_type: None, body: Body::Empty, allowance }
    }

    /// The call's request, without its body.
    pub(super) fn request(
        &self,
        call: &Call<'_>,
        credentials: &Credentials,
    ) -> Result<reqwest::RequestBuilder, TransportError> {
        let url = call.url(&self.hosts)?;
        let method = reqwest::Method::from_bytes(call.endpoint.spec().method.as_str().as_bytes());
        let method = method.map_err(|error| other(error.to_string()))?;
        let request = self.http.request(method, url).headers(credentials.headers()?);
        Ok(match call.upload_type {
            Some(upload_type) => request.header(headers::UPLOAD_TYPE, upload_type.as_str()),
            None => request,
        })
    }

    /// Sends the call, once, and logs how it went.
    pub(crate) async fn send(
        &self,
        call: Call<'_>,
        credentials: Credentials,
    ) -> Result<Answer, TransportError> {
        let request = self.request(&call, &credentials)?;
        // Declared before the request and dropped after it: a body it watches ends with it.
        let flow = FlowGuard::new();
        let (request, meter) = match &call.body {
            Body::Empty => (request, None),
            Body::Json(body) => (request.header(CONTENT_TYPE, "application/json").body(body.clone()), None),
            Body::Form(file) => {
                let (form, meter) = file.open(&flow)?;
                (request.multipart(form), Some(meter))
            }
        };
        let request = request.build().map_err(|error| classify(error, "the API"))?;
        let exchange = exchange_of(&call, &request);
        let flow = meter.is_some().then_some(&flow);
        let mut result = self.exchange(request, credentials, flow, call.allowance, exchange.host()).await;
        if let Some(meter) = meter {
            result = meter.settle(result);
        }
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
        credentials: Credentials,
        flow: Option<&FlowGuard>,
        allowance: Duration,
        host: &str,
    ) -> Result<Answer, TransportError> {
        let Wire { http, idle_timeout, .. } = self;
        let sent = pin!(http.execute(request));
        let sent = match flow {
            None => tokio::time::timeout(allowance, sent)
                .await
                .map_err(|_| format!("{host} gave no answer for {} s", allowance.as_secs_f32())),
            Some(flow) => match select(sent, pin!(flow.stalled(*idle_timeout, allowance))).await {
                Either::Left((sent, _)) => Ok(sent),
                Either::Right((stall, _)) => Err(format!("{host}: {stall} for too long")),
            },
        };
        let mut response = sent.map_err(stalled)?.map_err(|error| classify(error, host))?;
        if let Some(flow) = flow {
            // An answer that comes before the whole body has: nothing more is sent while it is read.
            flow.hold();
        }
        let is_success = response.status().is_success();
        let limit = if is_success { MAX_BODY } else { MAX_ERROR_BODY };
        let (body, ending) = read_body(&mut response, limit, *idle_timeout).await;
        let answer = answer(&response, body, credentials);
        if !is_success {
            return Err(answer.into_error());
        }
        match ending {
            Ending::Complete if flow.is_some_and(|flow| !flow.is_finished()) => {
                Err(answer.bad("the API answered success before it had the whole file".into()))
            }
            Ending::Complete => answer.refuse_error(),
            Ending::TooLong => {
                Err(answer.bad(format!("the API answered with more than {} MiB", MAX_BODY / 1024 / 1024)))
            }
            Ending::Broken(Some(error)) => Err(classify(error, host)),
            Ending::Broken(None) => Err(stalled(format!("{host} stopped in the middle of its answer"))),
        }
    }
}

/// The beginning of the call's line in the log.
pub(super) fn exchange_of(call: &Call<'_>, request: &reqwest::Request) -> Exchange {
    let url = request.url();
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    Exchange::begin(Family::Api, call.endpoint.spec().method.as_str(), host, url.path(), call.attempt)
}

/// The answer whose head came with `response` and whose body this is.
pub(super) fn answer(response: &reqwest::Response, body: Vec<u8>, credentials: Credentials) -> Answer {
    Answer {
        status: response.status().as_u16(),
        content_type: header(response, CONTENT_TYPE.as_str()),
        request_id: header(response, headers::REQUEST_ID),
        retry_after: retry_after(response, SystemTime::now()),
        server_time: server_time(response.headers()),
        body,
        credentials,
    }
}

fn other(message: String) -> TransportError {
    TransportError::new(Kind::Other, message)
}

pub(super) fn stalled(message: String) -> TransportError {
    TransportError::new(Kind::Stalled, message)
}
