use std::{collections::BTreeSet, sync::Arc};

use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use s3s::service::S3Service;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};
use upload_proto::headers;

use super::{
    INTERNAL_HEADER,
    fault::{Verdict, after, before},
    gate,
    refusal::Refusal,
    target::Target,
};
use crate::{
    fault::Faults,
    log::{HostKind, Recording, RequestLog, Seen},
    net::{Connection, GuardedBody, stalled},
    sandbox::request_id,
    uploads::Uploads,
};

/// Answers the storage's requests: log, gate, faults, then s3s.
#[derive(Clone)]
pub(crate) struct StorageService(Arc<Inner>);

struct Inner {
    s3: S3Service,
    internal: HeaderValue,
    log: Arc<RequestLog>,
    faults: Arc<Faults>,
    uploads: Arc<Uploads>,
}

impl StorageService {
    pub(crate) fn new(
        s3: S3Service,
        internal: HeaderValue,
        log: Arc<RequestLog>,
        faults: Arc<Faults>,
        uploads: Arc<Uploads>,
    ) -> Self {
        Self(Arc::new(Inner { s3, internal, log, faults, uploads }))
    }

    pub(crate) async fn answer(self, request: Request<Incoming>) -> Response<s3s::Body> {
        let is_own = request.headers().get(INTERNAL_HEADER).is_some_and(|secret| *secret == self.0.internal);
        if is_own {
            return self.0.delegate(request.map(s3s::Body::from)).await;
        }
        let target = Target::of(request.method(), request.uri());
        let recording = self.0.log.begin(seen(&request, &target));
        let connection = request.extensions().get::<Connection>().cloned().unwrap_or_default();
        let (head, body) = request.into_parts();
        let mut body = GuardedBody::new(body, &head.headers, recording.byte_counter());

        if let Err(refusal) = gate::check(&target, &head.uri, &head.headers, &self.0.uploads) {
            return refuse(&recording, &refusal);
        }
        let fault = self.0.faults.strike(target.operation, target.part);
        if let Some(action) = &fault {
            recording.fault(action.name());
            match before(action, &head, &mut body, &connection).await {
                Verdict::Refuse(refusal) => return refuse(&recording, &refusal),
                Verdict::Answer(answer) => {
                    recording.answered(answer.status().as_u16(), error_code(&answer).as_deref(), None);
                    return answer;
                }
                Verdict::Ignore => match stalled(body).await {},
                Verdict::CarryOut => {}
            }
        }
        let mut answer = self.0.delegate(Request::from_parts(head, s3s::Body::http_body_unsync(body))).await;
        if let Some(action) = &fault {
            match after(action, answer, &target, &self.0.uploads, &connection) {
                Some(changed) => answer = changed,
                None => return std::future::pending().await,
            }
        }
        let code = (!answer.status().is_success()).then(|| error_code(&answer)).flatten();
        recording.answered(answer.status().as_u16(), code.as_deref(), None);
        if let Ok(id) = request_id().parse() {
            answer.headers_mut().entry(headers::S3_REQUEST_ID).or_insert(id);
        }
        answer
    }
}

impl Inner {
    async fn delegate(&self, request: Request<s3s::Body>) -> Response<s3s::Body> {
        // s3s writes whole URLs, signatures included, into its debug log: it gets nowhere to write to.
        match self.s3.call(request).with_subscriber(NoSubscriber::new()).await {
            Ok(response) => response,
            Err(error) => {
                let error = Box::<dyn std::error::Error + Send + Sync>::from(error);
                tracing::error!(%error, "the storage could not answer");
                Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalError",
                    "The storage could not answer.",
                )
                .response()
            }
        }
    }
}

fn seen(request: &Request<Incoming>, target: &Target) -> Seen {
    let names: BTreeSet<_> = request.headers().keys().map(|name| name.as_str().to_owned()).collect();
    Seen {
        host: HostKind::Storage,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        operation: target.operation,
        part_number: target.part.map(upload_proto::PartNumber::get),
        upload_id: target.upload_id.clone(),
        headers: names.into_iter().collect(),
    }
}

fn refuse(recording: &Recording, refusal: &Refusal) -> Response<s3s::Body> {
    recording.answered(refusal.status.as_u16(), Some(&refusal.code), refusal.mistake);
    refusal.response()
}

/// s3s sends its refusals whole, so their code can be read before they go out.
fn error_code(answer: &Response<s3s::Body>) -> Option<String> {
    let bytes = answer.body().bytes()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    super::xml::element(text, "Code").map(String::from)
}
