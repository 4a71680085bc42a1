mod refusal;

use std::{
    pin::pin,
    time::{Duration, SystemTime},
};

use futures::future::{Either, select};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use upload_core::{PartBody, TransportError, TransportErrorKind as Kind};
use upload_proto::{ETag, PresignedUrl, headers};

use self::refusal::Refusal;
use crate::{
    NetworkConfig, SetupError,
    classify::classify,
    exchange::{Answered, Exchange, Family},
    response::{header, read_body, retry_after},
    watched_body::{FlowGuard, WatchedBody},
};

/// How long an idle connection is kept. S3 closes them, people observe, after 5 to 20 s, and one that is used again at
/// that moment costs a retry. The AWS SDK for Java 2.x keeps S3's connections for 5 s for the same reason
/// (`connectionMaxIdleTime` of its S3 client).
const POOL_IDLE: Duration = Duration::from_secs(5);
/// The most of an error document that is read, in bytes; S3's are about 1 KiB.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// How long the next piece of an error document is waited for: its status is known, so it is not worth more.
const ERROR_BODY_IDLE: Duration = Duration::from_secs(5);

/// The object storage behind presigned URLs. It holds no credential and cannot be given one.
///
/// It sends `Host`, `Accept: */*`, `Content-Type: application/octet-stream` and `Content-Length`, and no other
/// header. A clone shares the connections.
#[derive(Clone, Debug)]
pub struct StorageClient {
    http: reqwest::Client,
    idle_timeout: Duration,
}

impl StorageClient {
    /// A client for whatever storage the URLs name.
    ///
    /// # Errors
    /// For a proxy or CA that cannot be used.
    pub fn new(network: &NetworkConfig) -> Result<Self, SetupError> {
        let http = network.build(|builder| builder.pool_idle_timeout(POOL_IDLE))?;
        Ok(Self { http, idle_timeout: network.idle_timeout })
    }

    /// PUTs the body to the URL, once, and returns what the storage calls the bytes.
    ///
    /// There is no limit on the whole: it is given up when no byte has been taken for the idle timeout, or when no
    /// answer has come for twice that long after the last one was handed to the connection (they may still be on
    /// their way, and the storage has to write them). Time spent waiting for `body` itself does not count.
    ///
    /// A storage that refuses early, while the body is still being sent, is understood: sending stops, and its answer
    /// is read as far as it comes. The limit of this: a server that answers and at once resets the connection (it
    /// closes with bytes unread) can make the next write fail before the answer was looked at. hyper then gives the
    /// answer up, and this is a [`Reset`](Kind::Reset). It takes a sender the network does not slow down, as on loopback;
    /// one that waits for the network sees the answer first.
    ///
    /// Dropping the future stops the request: no further byte of `body` is taken.
    ///
    /// # Errors
    /// When the storage refuses, or no usable answer comes.
    pub async fn put(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        body: PartBody,
    ) -> Result<ETag, TransportError> {
        let exchange = Exchange::begin(Family::Storage, "PUT", url.host(), url.path(), attempt);
        let result = self.exchange(url, body).await;
        match result {
            Ok((answered, etag)) => {
                exchange.succeeded(&answered);
                Ok(etag)
            }
            Err(error) => {
                exchange.failed(&error);
                Err(error)
            }
        }
    }

    async fn exchange(&self, url: &PresignedUrl, body: PartBody) -> Result<(Answered, ETag), TransportError> {
        let len = body.len();
        // Declared before the request: dropped after it, when nothing polls the body any more but the connection.
        let flow = FlowGuard::new();
        let request = self
            .http
            .put(url.expose())
            .header(CONTENT_TYPE, headers::OCTET_STREAM)
            .header(CONTENT_LENGTH, len)
            .body(reqwest::Body::wrap(WatchedBody::new(body, flow.share())));
        // The bytes still in buffers have to get there before the storage can write them and answer.
        let answer = self.idle_timeout.saturating_mul(2);
        let sent = match select(pin!(request.send()), pin!(flow.stalled(self.idle_timeout, answer))).await {
            Either::Left((sent, _)) => sent,
            Either::Right((stall, _)) => {
                let message = format!("{}: {stall} for {} s", url.host(), self.idle_timeout.as_secs_f32());
                return Err(TransportError::new(Kind::Stalled, message));
            }
        };
        let mut response = sent.map_err(|error| classify(error, url.host()))?;
        let status = response.status();
        let answered =
            Answered { status: status.as_u16(), request_id: header(&response, headers::S3_REQUEST_ID) };
        if !status.is_success() {
            flow.hold();
            let retry_after = retry_after(&response, SystemTime::now());
            // What broke while it was read does not matter: the status and as much as came are an answer.
            let idle = self.idle_timeout.min(ERROR_BODY_IDLE);
            let (body, _) = read_body(&mut response, MAX_ERROR_BODY, idle).await;
            return Err(Refusal { answered, retry_after, body }.into_error(url, SystemTime::now()));
        }
        let error = |kind, message: &str| TransportError {
            status: Some(answered.status),
            request_id: answered.request_id.clone(),
            ..TransportError::new(kind, message)
        };
        if !flow.is_finished() {
            return Err(error(Kind::BadAnswer, "the storage answered success before it had the whole part"));
        }
        let Some(value) = response.headers().get(ETAG) else {
            return Err(error(Kind::MissingETag, "the storage answered success without an ETag"));
        };
        match value.to_str().ok().and_then(|text| text.parse().ok()) {
            Some(etag) => Ok((answered, etag)),
            None => {
                Err(error(Kind::MissingETag, "the storage answered success with an ETag that cannot be one"))
            }
        }
    }
}
