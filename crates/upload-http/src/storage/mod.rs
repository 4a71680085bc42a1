mod connect;
mod pool;
mod refusal;
mod sendfile;
mod socket;
mod stand_in;
mod target;
mod unsent;

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures::future::{Either, select};
use http::{HeaderMap, Response, header::ETAG};
use hyper::body::Incoming;
use upload_core::{PartBody, SourceError, Stored, TransportError, TransportErrorKind as Kind};
use upload_proto::{PresignedUrl, headers};

use self::{
    connect::Connector,
    pool::{InUse, Pool},
    refusal::Refusal,
    sendfile::Lane,
    target::Target,
};
use crate::{
    NetworkConfig, SetupError,
    classify::broken_connection,
    exchange::{Answered, Exchange, Family},
    response::{Ending, header, read_body, retry_after, server_time},
    watched_body::{COARSE, FlowGuard, WatchedBody},
};

/// The most of an answer's body that is read, in bytes; S3's error documents are about 1 KiB, and a success has none.
const MAX_BODY: usize = 64 * 1024;
/// How long the next piece of an answer's body is waited for: its status is known, so it is not worth more.
const ANSWER_BODY_IDLE: Duration = Duration::from_secs(5);

/// What a storage's answer comes to that is no success, of this status and body.
#[cfg(any(test, fuzzing))]
pub(crate) fn refused(status: u16, body: &[u8], url: &PresignedUrl) -> TransportError {
    let answered = Answered { status, request_id: None };
    Refusal { answered, retry_after: None, server_time: None, body: body.to_vec() }
        .into_error(url, SystemTime::UNIX_EPOCH)
}

/// The object storage behind presigned URLs. It holds no credential and cannot be given one.
///
/// It sends `Host`, `Accept: */*`, `Content-Type: application/octet-stream` and `Content-Length`, and no other
/// header. A clone shares the connections.
///
/// On Linux, the bytes of a [`FileSource`](crate::FileSource) go over plain HTTP by `sendfile(2)`, which raises `SIGPIPE` when the
/// storage has closed the connection. A Rust program ignores that signal from its start (as Python and Go do, too); a host in
/// another language has to, as for any library that writes to sockets.
#[derive(Clone)]
pub struct StorageClient(Arc<Inner>);

struct Inner {
    connector: Connector,
    pool: Pool,
    idle_timeout: Duration,
}

impl StorageClient {
    /// A client for whatever storage the URLs name.
    ///
    /// # Errors
    /// For a proxy or CA that cannot be used.
    pub fn new(network: &NetworkConfig) -> Result<Self, SetupError> {
        let connector = Connector::new(network)?;
        let pool = Pool::new(network.connections);
        Ok(Self(Arc::new(Inner { connector, pool, idle_timeout: network.idle_timeout })))
    }

    /// PUTs the body to the URL, once, and returns what the storage calls the bytes.
    ///
    /// There is no limit on the whole: it is given up when no byte has been taken for the idle timeout, or when no
    /// answer has come for twice that long after the last one was handed to the connection (they may still be on
    /// their way, and the storage has to write them). Time spent waiting for `body` itself does not count.
    ///
    /// A storage that refuses early, while the body is still being sent, is understood: sending stops, and its answer
    /// is read as far as it came, also when the storage has reset the connection right after it.
    ///
    /// The first attempt may use a connection that served before; a later one makes its own.
    ///
    /// Dropping the future stops the request: no further byte of `body` is taken, and none that the operating system has
    /// not sent yet goes out.
    ///
    /// # Errors
    /// When the storage refuses, or no usable answer comes.
    pub async fn put(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        body: PartBody,
    ) -> Result<Stored, TransportError> {
        let exchange = Exchange::begin(Family::Storage, "PUT", url.host(), url.path(), attempt);
        let result = self.exchange(attempt, url, body).await;
        match result {
            Ok((answered, stored)) => {
                exchange.succeeded(&answered);
                Ok(stored)
            }
            Err(error) => {
                exchange.failed(&error);
                Err(error)
            }
        }
    }

    async fn exchange(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        mut body: PartBody,
    ) -> Result<(Answered, Stored), TransportError> {
        let target = Target::of(url)?;
        let lane = Lane::of(&mut body).filter(|_| self.0.connector.is_plain(&target));
        let (lane, body) = match lane {
            Some((lane, stand_ins)) => (Some(lane), stand_ins),
            None => (None, body),
        };
        // Declared before the connection: dropped after it, when nothing polls the body any more.
        let flow = FlowGuard::new();
        let slice = if lane.is_some() { stand_in::SLICE } else { COARSE };
        let body = WatchedBody::in_slices(slice, body, flow.share());
        let sent = self.send(attempt, url.host(), &target, (body, lane.as_ref()), &flow).await;
        let (connection, mut response) =
            sent.map_err(|error| match lane.as_ref().and_then(|lane| lane.trouble()) {
                Some(local) => source_trouble(&local),
                None => error,
            })?;
        let status = response.status();
        let answered =
            Answered { status: status.as_u16(), request_id: header(&response, headers::S3_REQUEST_ID) };
        if !status.is_success() {
            flow.hold();
            let retry_after = retry_after(&response, SystemTime::now());
            // What broke while it was read does not matter: the status and as much as came are an answer.
            let idle = self.0.idle_timeout.min(ANSWER_BODY_IDLE);
            let (body, _) = read_body(&mut response, MAX_BODY, idle).await;
            let server_time = server_time(response.headers());
            return Err(
                Refusal { answered, retry_after, server_time, body }.into_error(url, SystemTime::now())
            );
        }
        let error = |kind, message: &str| TransportError {
            status: Some(answered.status),
            request_id: answered.request_id.clone(),
            ..TransportError::new(kind, message)
        };
        if !flow.is_finished() {
            return Err(error(Kind::BadAnswer, "the storage answered success before it had the whole part"));
        }
        if let Some(lane) = &lane
            && !lane.has_sent_all().map_err(|local| source_trouble(&local))?
        {
            return Err(error(Kind::BadAnswer, "the storage answered success before the file had been sent"));
        }
        let Some(value) = response.headers().get(ETAG) else {
            // As S3 does elsewhere, where it finds out too late that it cannot: an error in the body of a 200.
            let (body, _) = read_body(&mut response, MAX_BODY, ANSWER_BODY_IDLE).await;
            let server_time = server_time(response.headers());
            let refusal = Refusal { answered: answered.clone(), retry_after: None, server_time, body };
            return Err(match refusal.names_an_error() {
                true => refusal.into_error(url, SystemTime::now()),
                false => error(Kind::MissingETag, "the storage answered success without an ETag"),
            });
        };
        let Some(etag) = value.to_str().ok().and_then(|text| text.parse().ok()) else {
            return Err(error(
                Kind::MissingETag,
                "the storage answered success with an ETag that cannot be one",
            ));
        };
        let request_id = answered.request_id.clone();
        let stored = Stored { etag, request_id, opaque_etag: is_opaque(response.headers()) };
        if let (_, Ending::Complete) = read_body(&mut response, MAX_BODY, ANSWER_BODY_IDLE).await
            && let Some(connection) = connection.release()
        {
            self.0.pool.put(target.origin, connection);
        }
        Ok((answered, stored))
    }

    /// Sends the request on a connection that has none, and waits for the head of the answer.
    async fn send(
        &self,
        attempt: u32,
        host: &str,
        target: &Target,
        (mut body, lane): (WatchedBody, Option<&Arc<Lane>>),
        flow: &FlowGuard,
    ) -> Result<(InUse, Response<Incoming>), TransportError> {
        let Inner { pool, connector, idle_timeout } = &*self.0;
        // What failed may have been the connection, or something on the way that others share: a retry takes a new one.
        let mut idle = if attempt == 1 { pool.take(&target.origin).await } else { None };
        loop {
            let is_used = idle.is_some();
            let connection = match idle.take() {
                Some(connection) => connection,
                None => connector.connect(target, host).await?,
            };
            let mut in_use = InUse::new(connection);
            let Some(connection) = in_use.get() else { continue };
            let request = target.put(body, connection.forwarder.as_ref());
            let wire = connection.wire.clone();
            wire.set_lane(lane.cloned());
            // The bytes still in buffers have to get there before the storage can write them and answer.
            let stalled = flow.stalled_on(*idle_timeout, idle_timeout.saturating_mul(2), || wire.wrote());
            let sent = pin!(connection.sender.try_send_request(request));
            match select(sent, pin!(stalled)).await {
                Either::Left((Ok(response), _)) => return Ok((in_use, response)),
                Either::Left((Err(mut failed), _)) => match failed.take_message() {
                    // It had been closed before anything was sent.
                    Some(request) if is_used => body = request.into_body(),
                    _ => return Err(broken_connection(failed.into_error(), host)),
                },
                Either::Right((stall, _)) => {
                    let message = format!("{host}: {stall} for {} s", idle_timeout.as_secs_f32());
                    return Err(TransportError::new(Kind::Stalled, message));
                }
            }
        }
    }
}

fn source_trouble(local: &SourceError) -> TransportError {
    TransportError::new(Kind::Source, local.to_string())
}

/// Whether the storage encrypts with keys of KMS or of the customer, so that its ETags are no MD5s (S3 API Reference,
/// "Object": ETag).
fn is_opaque(headers: &HeaderMap) -> bool {
    let by_kms = headers.get(headers::S3_ENCRYPTION).is_some_and(|by| by.as_bytes().starts_with(b"aws:kms"));
    by_kms || headers.contains_key(headers::S3_CUSTOMER_ENCRYPTION)
}

impl std::fmt::Debug for StorageClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StorageClient").field("idle_timeout", &self.0.idle_timeout).finish_non_exhaustive()
    }
}
