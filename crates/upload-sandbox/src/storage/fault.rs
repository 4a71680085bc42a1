//! Faults on the storage.

use std::{borrow::Cow, time::SystemTime};

use http::{HeaderValue, Response, StatusCode, header, request::Parts};

use super::{refusal::Refusal, target::Target};
use crate::{
    ErrorCode, EtagFault, FaultAction as Action,
    net::{Connection, GuardedBody, elsewhere},
    sandbox::random_hex,
    uploads::Uploads,
};

/// A page as a proxy would answer it.
const PAGE: &str = "<!DOCTYPE html>\n<html><body><h1>Something is in the way</h1></body></html>\n";

/// What becomes of a request.
pub(super) enum Verdict {
    /// It is refused in S3's words.
    Refuse(Refusal),
    /// It is answered thus.
    Answer(Response<s3s::Body>),
    /// It is never answered.
    Ignore,
    /// It is carried out.
    CarryOut,
}

/// Does what an action does before a request is carried out.
pub(super) async fn before(
    action: &Action,
    head: &Parts,
    body: &mut GuardedBody,
    connection: &Connection,
) -> Verdict {
    match action {
        Action::Status(status) => Verdict::Refuse(injected(*status, None)),
        Action::StatusRetryAfter(status, after) => {
            let retry_after = Some(after.as_secs());
            Verdict::Refuse(Refusal { retry_after, ..injected(*status, None) })
        }
        Action::StatusCode { status, code, retry_after } => {
            let retry_after = retry_after.map(|after| after.as_secs());
            Verdict::Refuse(Refusal { retry_after, ..injected(*status, Some(code)) })
        }
        Action::Reject { status, code, close } => {
            connection.close_after_answer(*close);
            let mut answer = injected(*status, code.as_ref()).response();
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            Verdict::Answer(answer)
        }
        Action::Expire => Verdict::Refuse(Refusal::expired(&head.uri, SystemTime::now())),
        Action::Skew(seconds) => Verdict::Refuse(Refusal::too_skewed(SystemTime::now(), *seconds)),
        Action::Stall { after } => {
            body.skip(*after).await;
            Verdict::Ignore
        }
        Action::Reset { after } => {
            body.skip(*after).await;
            connection.reset();
            Verdict::Ignore
        }
        Action::ResetAfterBody => {
            body.skip(u64::MAX).await;
            connection.reset();
            Verdict::Ignore
        }
        Action::ErrorInSuccess { code } => {
            // Nobody answers success before the last byte.
            body.skip(u64::MAX).await;
            let refusal = injected(500, code.as_ref());
            Verdict::Refuse(Refusal { status: StatusCode::OK, ..refusal })
        }
        Action::Garbage { status } => Verdict::Answer(page(*status)),
        Action::Redirect(status) => Verdict::Answer(redirect(*status, head)),
        Action::Slow(rate) => {
            connection.slow_down(*rate);
            Verdict::CarryOut
        }
        Action::LoseAnswer | Action::Etag(_) | Action::Truncate | Action::Cut { .. } => Verdict::CarryOut,
    }
}

/// Does what an action does to an answer; `None` swallows it.
pub(super) fn after(
    action: &Action,
    mut answer: Response<s3s::Body>,
    target: &Target,
    uploads: &Uploads,
    connection: &Connection,
) -> Option<Response<s3s::Body>> {
    match action {
        Action::LoseAnswer => {
            connection.reset();
            return None;
        }
        Action::Etag(fault) if answer.status().is_success() => {
            let etag = random_hex(32);
            match fault {
                EtagFault::Missing => drop(answer.headers_mut().remove(header::ETAG)),
                EtagFault::Wrong => set_etag(&mut answer, &etag),
                EtagFault::NotMd5 => {
                    set_etag(&mut answer, &etag);
                    let encryption = HeaderValue::from_static("aws:kms");
                    answer.headers_mut().insert("x-amz-server-side-encryption", encryption);
                    if let (Some(id), Some(part)) = (&target.upload_id, target.part) {
                        uploads.answered_as(id, part, etag);
                    }
                }
            }
        }
        _ => {}
    }
    Some(answer)
}

fn set_etag(answer: &mut Response<s3s::Body>, etag: &str) {
    if let Ok(etag) = format!("\"{etag}\"").parse() {
        answer.headers_mut().insert(header::ETAG, etag);
    }
}

fn page(status: u16) -> Response<s3s::Body> {
    let mut answer = Response::new(s3s::Body::from(bytes::Bytes::from_static(PAGE.as_bytes())));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    answer
}

fn redirect(status: u16, head: &Parts) -> Response<s3s::Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::TEMPORARY_REDIRECT);
    let message = "Please re-send this request to the specified temporary endpoint.";
    let mut answer = Refusal::new(status, "TemporaryRedirect", message).response();
    if let Some(location) = elsewhere(&head.extensions, &head.headers, &head.uri) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

/// A refusal that was asked for, by default with the code S3 uses beside that status.
fn injected(status: u16, code: Option<&ErrorCode>) -> Refusal {
    let status = StatusCode::from_u16(status).ok().filter(|s| s.is_client_error() || s.is_server_error());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let usual = match status.as_u16() {
        400 => "InvalidRequest",
        403 => "AccessDenied",
        404 => "NoSuchUpload",
        408 => "RequestTimeout",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "SlowDown",
        504 => "GatewayTimeout",
        _ => "Injected",
    };
    let code = code.map_or(Cow::from(usual), |code| code.as_str().to_owned().into());
    Refusal::new(status, code, "This answer was asked for by a fault rule.")
}
