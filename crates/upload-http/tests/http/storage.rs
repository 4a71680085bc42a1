use upload_core::{TransportError, TransportErrorKind as Kind};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{assert_no_secret, body, signed, storage, wire, zeros};

async fn put_answered(template: ResponseTemplate) -> Result<String, TransportError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(template).mount(&server).await;
    storage().put(1, &signed(&server.uri()), body("abc")).await.map(|stored| stored.etag.as_str().to_owned())
}

fn xml(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>RID</RequestId><HostId>x</HostId></Error>"
    )
}

#[tokio::test]
async fn a_part_is_sent_with_its_type_its_length_and_nothing_of_ours_besides() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (base, _server) = wire::serve(move |mut socket| {
        let tell = tell.clone();
        async move {
            let (head, body) = wire::read_head(&mut socket).await;
            let body = wire::read_body(&mut socket, body, wire::content_length(&head)).await;
            wire::answer(&mut socket, "200 OK", "etag: \"e1\"\r\n", "").await;
            tell.send((head, body.len())).unwrap();
        }
    })
    .await;
    for len in [1_000_003, 1] {
        let etag = storage().put(1, &signed(&base), zeros(len)).await.unwrap();
        assert_eq!(etag.etag.as_str(), "e1");
        let (mut head, received) = told.recv().await.unwrap();
        assert_eq!(received as u64, len);
        assert_eq!(head.remove(0), format!("PUT /bucket/a.csv?{} HTTP/1.1", crate::SIGNATURE));
        head.sort();
        let host = base.strip_prefix("http://").unwrap();
        let expected = [
            "accept: */*".to_owned(),
            format!("content-length: {len}"),
            "content-type: application/octet-stream".to_owned(),
            format!("host: {host}"),
        ];
        assert_eq!(head, expected);
    }
}

#[tokio::test]
async fn a_body_of_no_bytes_has_a_length_too() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).insert_header("etag", "\"e\""))
        .mount(&server)
        .await;
    storage().put(1, &signed(&server.uri()), body("")).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["content-length"], "0");
}

#[tokio::test]
async fn connections_are_used_again() {
    let connections = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = connections.clone();
    let (base, _server) = wire::serve(move |mut socket| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move {
            loop {
                let (head, body) = wire::read_head(&mut socket).await;
                wire::read_body(&mut socket, body, wire::content_length(&head)).await;
                wire::answer(&mut socket, "200 OK", "etag: \"e\"\r\n", "").await;
            }
        }
    })
    .await;
    let storage = storage();
    for _ in 0..5 {
        storage.put(1, &signed(&base), zeros(300_000)).await.unwrap();
    }
    assert_eq!(connections.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_etag_comes_without_its_quotes() {
    let template = ResponseTemplate::new(200).insert_header("ETag", "\"0cc175b9\"");
    assert_eq!(put_answered(template).await.unwrap(), "0cc175b9");
}

#[tokio::test]
async fn an_etag_that_is_no_md5_is_told_from_one() {
    let server = MockServer::start().await;
    for (header, value, opaque) in [
        ("x-amz-server-side-encryption", "AES256", false),
        ("x-amz-server-side-encryption", "aws:kms", true),
        ("x-amz-server-side-encryption", "aws:kms:dsse", true),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256", true),
    ] {
        server.reset().await;
        let template = ResponseTemplate::new(200).insert_header("etag", "\"e\"").insert_header(header, value);
        Mock::given(any()).respond_with(template).mount(&server).await;
        let stored = storage().put(1, &signed(&server.uri()), body("abc")).await.unwrap();
        assert_eq!(stored.opaque_etag, opaque, "{header}: {value}");
    }
}

#[tokio::test]
async fn a_success_without_a_usable_etag_is_a_failure() {
    for template in [ResponseTemplate::new(200), ResponseTemplate::new(200).insert_header("etag", "\"\"")] {
        let error = put_answered(template).await.unwrap_err();
        assert_eq!((error.kind, error.status), (Kind::MissingETag, Some(200)), "{error}");
    }
}

#[tokio::test]
async fn each_answer_of_the_storage_has_its_kind() {
    for (status, code, message, kind) in [
        (307, "TemporaryRedirect", "elsewhere", Kind::BadAnswer),
        (400, "BadDigest", "no match", Kind::Rejected),
        (400, "EntityTooSmall", "too small", Kind::Rejected),
        (400, "ExpiredToken", "The provided token has expired.", Kind::Expired),
        (400, "RequestTimeout", "Your socket connection was not read from", Kind::Stalled),
        (403, "AccessDenied", "Access Denied", Kind::StorageDenied),
        (403, "AccessDenied", "Request has expired", Kind::Expired),
        (400, "InvalidRequest", "Bad request: Date is too old", Kind::Expired),
        (403, "SignatureDoesNotMatch", "no match", Kind::StorageDenied),
        (404, "NoSuchUpload", "no such upload", Kind::NotFound),
        (404, "NoSuchBucket", "no such bucket", Kind::NotFound),
        (411, "MissingContentLength", "no length", Kind::Rejected),
        (429, "TooManyRequests", "slower", Kind::Throttled),
        (500, "InternalError", "try again", Kind::Server),
        (501, "NotImplemented", "chunked", Kind::Server),
        (503, "ServiceUnavailable", "later", Kind::Server),
        (503, "SlowDown", "Please reduce your request rate.", Kind::Throttled),
    ] {
        let template = ResponseTemplate::new(status).set_body_raw(xml(code, message), "application/xml");
        let error = put_answered(template).await.unwrap_err();
        assert_eq!((error.kind, error.status, error.code.as_deref()), (kind, Some(status), Some(code)));
        let expected = format!("the storage answered {status}: {code}: {message} (request id RID)");
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn the_request_id_of_the_header_comes_first() {
    let template = ResponseTemplate::new(500)
        .insert_header("x-amz-request-id", "HEAD")
        .set_body_string(xml("InternalError", "x"));
    assert_eq!(put_answered(template).await.unwrap_err().request_id.as_deref(), Some("HEAD"));
}

#[tokio::test]
async fn a_bare_status_is_enough() {
    for (status, kind) in [
        (302, Kind::BadAnswer),
        (403, Kind::StorageDenied),
        (404, Kind::NotFound),
        (408, Kind::Stalled),
        (429, Kind::Throttled),
        (503, Kind::Server),
        (400, Kind::Rejected),
    ] {
        let error = put_answered(ResponseTemplate::new(status).set_body_string("<html>")).await.unwrap_err();
        assert_eq!((error.kind, error.code), (kind, None), "{status}");
    }
}

#[tokio::test]
async fn a_url_past_its_life_explains_a_403() {
    let server = MockServer::start().await;
    let denied = ResponseTemplate::new(403).set_body_string(xml("AccessDenied", "Access Denied"));
    Mock::given(any()).respond_with(denied).mount(&server).await;
    let old = format!("{}/k?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60", server.uri()).parse().unwrap();
    assert_eq!(storage().put(1, &old, body("abc")).await.unwrap_err().kind, Kind::Expired);
}

/// The storage's clock counts, not this machine's.
#[tokio::test]
async fn a_url_is_past_its_life_by_the_storages_own_clock() {
    let server = MockServer::start().await;
    let denied = |date: &str| {
        let body = xml("AccessDenied", "Access Denied");
        ResponseTemplate::new(403).insert_header("Date", date).set_body_string(body)
    };
    let url = format!("{}/k?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60", server.uri()).parse().unwrap();
    for (date, kind) in [
        ("Wed, 01 Jan 2020 00:00:59 GMT", Kind::StorageDenied),
        ("Wed, 01 Jan 2020 00:01:00 GMT", Kind::Expired),
        ("nonsense", Kind::Expired),
    ] {
        server.reset().await;
        Mock::given(any()).respond_with(denied(date)).mount(&server).await;
        assert_eq!(storage().put(1, &url, body("abc")).await.unwrap_err().kind, kind, "{date}");
    }
}

#[tokio::test]
async fn clocks_too_far_apart_are_measured() {
    let now = std::time::SystemTime::now();
    for (ahead, words) in [
        (3600, "the storage's clock is 3600 s ahead of this machine's"),
        (-3600, "the storage's clock is 3600 s behind this machine's"),
        (0, "the storage's clock agrees with this machine's: the clock that signed the URL must be wrong"),
    ] {
        // In the middle of a second, which is all that `Date` has.
        let moment = now + std::time::Duration::from_millis(500);
        let hour = std::time::Duration::from_secs(3600);
        let moment = match ahead {
            3600 => moment + hour,
            -3600 => moment - hour,
            _ => moment,
        };
        let template = ResponseTemplate::new(403)
            .insert_header("Date", httpdate::fmt_http_date(moment))
            .set_body_string(xml("RequestTimeTooSkewed", "too large"));
        let error = put_answered(template).await.unwrap_err();
        assert_eq!(error.kind, Kind::StorageDenied);
        let (expected, shown) = (words.replace("3600", ""), error.to_string().replace("3600", ""));
        let shown = shown.replace("3599", "").replace("3601", "");
        assert!(shown.contains(&expected), "{shown}");
    }
}

#[tokio::test]
async fn an_error_in_a_success_is_that_error() {
    for (code, kind) in
        [("InternalError", Kind::Server), ("SlowDown", Kind::Throttled), ("Odd", Kind::BadAnswer)]
    {
        let error =
            put_answered(ResponseTemplate::new(200).set_body_string(xml(code, "x"))).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_deref(), error.status), (kind, Some(code), Some(200)));
    }
}

#[tokio::test]
async fn a_signature_that_comes_back_in_an_answer_goes_no_further() {
    let echo = xml("SignatureDoesNotMatch", &format!("of {}", crate::SIGNATURE.replace('&', "&amp;")));
    let error = put_answered(ResponseTemplate::new(403).set_body_string(echo)).await.unwrap_err();
    assert_no_secret(&format!("{error} {error:?}"));
    assert_eq!(error.message, "the storage answered 403: SignatureDoesNotMatch: of (redacted)");
}
