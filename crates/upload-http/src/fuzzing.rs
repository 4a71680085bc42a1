//! What must hold of the parsers of answers that are private to this crate; see the crate `upload-fuzz`.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_fuzz::{Target, documents};
use upload_proto::{AccessToken, CompleteResponse, ErrorBody, IdToken, InitiateResponse, ValidateResponse};

use crate::{
    Claims, SavedSession, Validator,
    api::{self, Credentials},
    response, storage,
};

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "storage-refusal", seeds: refusals, check: check_refusal },
    Target { name: "api-answer", seeds: answers, check: check_answer },
    Target { name: "headers", seeds: headers, check: check_headers },
    Target { name: "claims", seeds: claims, check: check_claims },
];

/// Longer than what may stand in a message by chance.
const SECRET: &str = "hush-planted-secret-0123456789";

/// A server's words: on one line, bounded, and without what we sent.
fn is_fit_to_print(error: &TransportError) {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    let texts = [Some(&error.message), error.code.as_ref(), error.request_id.as_ref()];
    for text in texts.into_iter().flatten() {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.chars().count() <= 1000, "{} characters", text.chars().count());
    }
}

fn refusals() -> Vec<Vec<u8>> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let echoed = format!(
        "{head}<Error><Code>SignatureDoesNotMatch</Code><Message>for X-Amz-Signature={SECRET} it &amp; &#104;ush</Message><RequestId>{SECRET}</RequestId></Error>"
    );
    let mut all = documents(&[
        "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><RequestId>4442587FB7D0A2F9</RequestId><HostId>x</HostId></Error>",
        "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Code>SlowDown</Code><!-- busy --><Message><![CDATA[Please]]> reduce</Message></Error>",
        "<html><body><Error><Code>No</Code></Error></body></html>",
    ]);
    all.push(echoed.into_bytes());
    all.into_iter().flat_map(|body| [0, 111, 255].map(|status| [&[status], &body[..]].concat())).collect()
}

/// The first byte chooses the status.
fn check_refusal(bytes: &[u8]) {
    let Some((choice, body)) = bytes.split_first() else { return };
    let status = 300 + u16::from(*choice);
    let url = format!("https://h/k?X-Amz-Expires=1&X-Amz-Signature={SECRET}&x={SECRET}");
    let Ok(url) = url.parse() else { return };
    let error = storage::refused(status, body, &url);
    assert_eq!(error.status, Some(status));
    assert!(status >= 400 || error.kind == Kind::BadAnswer, "a redirect is nothing else: {error:?}");
    is_fit_to_print(&error);
    // An early refusal may be cut anywhere: no more is known then, and nothing else.
    let torn = storage::refused(status, &body[..body.len() / 2], &url);
    assert!(
        torn.code.is_none() || torn.code == error.code || error.code.is_none(),
        "{torn:?}, then {error:?}"
    );
}

fn answers() -> Vec<Vec<u8>> {
    let echoed = format!(r#"{{"message":"token {SECRET}","error_code":"{SECRET}","validation_errors":[]}}"#);
    let mut all = documents(&[
        r#"{"upload_id":"u","object_key":"k","urls":["https://s/1"]}"#,
        r#"{"error_code":"SlowDown","message":"busy"}"#,
        r#"{"detail":[{"loc":["body","eid"],"msg":"missing"}]}"#,
        r#"{"valid":true,"validation_errors":[{"code":"ROW_1"}]}"#,
        "<html>proxy</html>",
    ]);
    all.push(echoed.into_bytes());
    let found = format!(
        r#"{{"validation_errors":[{{"code":"C","message":"{SECRET}","column":"{SECRET}"}},"{SECRET}"]}}"#
    );
    all.push(found.into_bytes());
    all.into_iter().flat_map(|body| [0, 1, 150, 201].map(|status| [&[status], &body[..]].concat())).collect()
}

/// The first byte chooses the status.
fn check_answer(bytes: &[u8]) {
    let Some((choice, body)) = bytes.split_first() else { return };
    let status = 200 + 2 * u16::from(*choice);
    let (Ok(token), Ok(partner)) = (SECRET.parse(), "fd42".parse()) else { return };
    let credentials = Credentials::Bearer { token, partner };
    let answer = || api::answered(status, body, credentials.clone());
    let refused = answer().into_error();
    assert_eq!(refused.status, Some(status));
    is_fit_to_print(&refused);
    match answer().refuse_error() {
        Err(error) => is_fit_to_print(&error),
        Ok(answer) => {
            let error: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
            assert!(error.error_code.is_none() || !error.validation_errors.is_empty());
            let unread = [
                answer.json::<InitiateResponse>().err(),
                answer.json::<CompleteResponse>().err(),
                answer.json::<ValidateResponse>().err(),
            ];
            unread.iter().flatten().for_each(is_fit_to_print);
        }
    }
}

fn headers() -> Vec<Vec<u8>> {
    documents(&[
        "120",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "\"9b2cf535\"",
        "W/\"x\"",
        "Sunday, 06-Nov-94 08:49:37 GMT",
    ])
}

fn check_headers(bytes: &[u8]) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let mut headers = HeaderMap::new();
    for name in ["date", "etag", "last-modified"] {
        headers.insert(name, value.clone());
    }
    let _ = response::server_time(&headers);
    let Ok(text) = value.to_str() else { return };
    let _ = response::parse_retry_after(text, now);
    if let Ok(validator) = text.parse::<Validator>() {
        let printed = validator.to_string();
        assert_eq!(printed.parse(), Ok(validator));
        assert!(HeaderValue::from_str(&printed).is_ok(), "{printed}");
    }
}

fn claims() -> Vec<Vec<u8>> {
    // {"cognito:username":"ada","exp":1780318800,"cognito:groups":["fd42"]}
    documents(&[
        "e30.eyJjb2duaXRvOnVzZXJuYW1lIjoiYWRhIiwiZXhwIjoxNzgwMzE4ODAwLCJjb2duaXRvOmdyb3VwcyI6WyJmZDQyIl19.c2ln",
    ])
}

fn check_claims(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(token) = text.parse::<AccessToken>() {
        if let Some(claims) = Claims::of_access_token(&token) {
            let _ = (claims.expires_at(), claims.issued_at());
            assert!(claims.user().is_none_or(|user| !user.is_empty()));
        }
        let session = SavedSession::of_tokens(token, None);
        assert!(!session.over);
    }
    if let Ok(token) = IdToken::try_from(text.to_owned()) {
        let _ = Claims::of_id_token(&token);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_answers_are_read_with_holds() {
        upload_fuzz::try_all(super::TARGETS);
    }
}
