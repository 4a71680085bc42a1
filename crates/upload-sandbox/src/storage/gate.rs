//! What S3 refuses and s3s lets pass.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode, Uri, header};
use upload_proto::{headers, s3_limits::MAX_PART_SIZE};

use super::{
    refusal::Refusal,
    target::{Target, has_expired},
};
use crate::{Mistake, Operation, uploads::Uploads};

/// Judges a request by its head, in the order in which S3 does; `Ok` hands it on to s3s, which checks the signature.
pub(super) fn check(target: &Target, uri: &Uri, head: &HeaderMap, uploads: &Uploads) -> Result<(), Refusal> {
    check_credentials(target, head)?;
    if !matches!(target.operation, Operation::PutPart | Operation::PutObject) {
        return Ok(());
    }
    check_framing(head)?;
    if target.is_presigned {
        check_content_type(head)?;
        let now = SystemTime::now();
        if has_expired(uri, now) {
            return Err(Refusal::expired(uri, now));
        }
    }
    let after_abort = target.upload_id.as_deref().is_some_and(|id| uploads.was_aborted(id));
    if after_abort {
        let refusal = Refusal::new(
            StatusCode::NOT_FOUND,
            "NoSuchUpload",
            "The specified upload does not exist: it was aborted before this part was sent.",
        );
        return Err(refusal.mistake(Mistake::UploadLeftOpen));
    }
    Ok(())
}

fn check_credentials(target: &Target, head: &HeaderMap) -> Result<(), Refusal> {
    let mistake = Mistake::CredentialsToStorage;
    let authorization = head.get(header::AUTHORIZATION);
    if authorization.is_some() && target.is_presigned {
        let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                       string parameter or the Authorization header should be specified";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidArgument", message).mistake(mistake));
    }
    if authorization.is_some_and(|value| !value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 ")) {
        let message = "Unsupported Authorization Type";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidArgument", message).mistake(mistake));
    }
    if head.contains_key(headers::PARTNER_ID) {
        let message = "The request signature we calculated does not match the signature you provided: it has the \
                       header X-Preferred-Partner-Id, which was not signed";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message).mistake(mistake));
    }
    Ok(())
}

fn check_framing(head: &HeaderMap) -> Result<(), Refusal> {
    if head.contains_key(header::TRANSFER_ENCODING) {
        let message = "A header you provided implies functionality that is not implemented: Transfer-Encoding; \
                       send the body with a Content-Length";
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message));
    }
    let Some(length) = head.get(header::CONTENT_LENGTH) else {
        let message = "You must provide the Content-Length HTTP header.";
        return Err(Refusal::new(StatusCode::LENGTH_REQUIRED, "MissingContentLength", message));
    };
    if length.to_str().ok().and_then(|text| text.parse().ok()).is_none_or(|bytes: u64| bytes > MAX_PART_SIZE)
    {
        let message =
            format!("Your proposed upload exceeds the maximum allowed size of {MAX_PART_SIZE} bytes.");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "EntityTooLarge", message));
    }
    Ok(())
}

fn check_content_type(head: &HeaderMap) -> Result<(), Refusal> {
    let sent = head.get(header::CONTENT_TYPE);
    if sent.is_some_and(|value| value == headers::OCTET_STREAM) {
        return Ok(());
    }
    let what = if sent.is_some() { "another Content-Type than was signed" } else { "no Content-Type" };
    let message = format!(
        "The request signature we calculated does not match the signature you provided: it has {what}"
    );
    let refusal = Refusal::new(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message);
    Err(refusal.mistake(Mistake::MissingContentType))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::uploads::Closed;

    const URL: &str = "/uploads/k?partNumber=1&uploadId=u&X-Amz-Date=21200101T000000Z&X-Amz-Expires=60\
                       &X-Amz-Signature=s";
    const GOOD: &[(&str, &str)] = &[("content-type", "application/octet-stream"), ("content-length", "1")];

    fn judge(
        url: &'static str,
        head: &[(&'static str, &'static str)],
        uploads: &Uploads,
    ) -> Result<(), Refusal> {
        let uri = Uri::from_static(url);
        let head = head.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        check(&Target::of(&Method::PUT, &uri), &uri, &head, uploads)
    }

    #[test]
    fn each_thing_s3_refuses_is_refused_with_its_status_code_and_name() {
        let octets = ("content-type", headers::OCTET_STREAM);
        let with = |extra| [GOOD, &[extra]].concat();
        for (head, status, code, mistake) in [
            (
                with(("authorization", "Bearer t")),
                400,
                "InvalidArgument",
                Some(Mistake::CredentialsToStorage),
            ),
            (
                with(("x-preferred-partner-id", "fd1")),
                403,
                "SignatureDoesNotMatch",
                Some(Mistake::CredentialsToStorage),
            ),
            (with(("transfer-encoding", "chunked")), 501, "NotImplemented", None),
            (vec![octets], 411, "MissingContentLength", None),
            (vec![octets, ("content-length", "5368709121")], 400, "EntityTooLarge", None),
            (vec![("content-length", "1")], 403, "SignatureDoesNotMatch", Some(Mistake::MissingContentType)),
            (
                vec![("content-type", "text/csv"), ("content-length", "1")],
                403,
                "SignatureDoesNotMatch",
                Some(Mistake::MissingContentType),
            ),
        ] {
            let refusal = judge(URL, &head, &Uploads::default()).unwrap_err();
            assert_eq!((refusal.status.as_u16(), &*refusal.code, refusal.mistake), (status, code, mistake));
        }
    }

    #[test]
    fn a_plain_put_passes_until_its_upload_is_aborted() {
        let uploads = Uploads::default();
        assert_eq!(judge(URL, GOOD, &uploads), Ok(()));
        uploads.closed("u", Closed::Completed);
        assert_eq!(judge(URL, GOOD, &uploads), Ok(()));
        uploads.closed("u", Closed::Aborted);
        assert_eq!(judge(URL, GOOD, &uploads).unwrap_err().mistake, Some(Mistake::UploadLeftOpen));
    }

    #[test]
    fn an_old_url_is_refused_before_its_signature_is_looked_at() {
        let url = "/uploads/k?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=s";
        let refusal = judge(url, GOOD, &Uploads::default()).unwrap_err();
        assert_eq!((refusal.status.as_u16(), &*refusal.code), (403, "AccessDenied"));
    }
}
