use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use tracing_subscriber::fmt::MakeWriter;
use upload_core::proto::PresignRequest;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path_regex},
};

use crate::{SIGNATURE, TOKEN, api, api::abort_request, api_at, assert_no_secret, body, signed, storage};

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Captures everything logged on this thread, at every level, until the guard is dropped.
pub(crate) fn capture() -> (Log, tracing::subscriber::DefaultGuard) {
    // While there is only one subscriber, tracing asks the thread that first reaches a line whether anyone wants it, and
    // believes the answer for all: a second subscriber makes it ask each.
    static ANOTHER: LazyLock<tracing::Dispatch> =
        LazyLock::new(|| tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new()));
    LazyLock::force(&ANOTHER);
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    (log, guard)
}

#[tokio::test]
async fn every_request_is_logged_and_no_secret_is() {
    let (log, _guard) = capture();
    let server = MockServer::start().await;
    let echo = format!(r#"{{"message":"Bearer {TOKEN}","error_code":"{TOKEN}"}}"#);
    let presigned = format!(r#"{{"url":"{}/s3/k?{SIGNATURE}","object_key":"k"}}"#, server.uri());
    Mock::given(method("POST"))
        .respond_with(
            ResponseTemplate::new(200).insert_header("x-request-id", "req-1").set_body_string(presigned),
        )
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(409).set_body_string(echo))
        .mount(&server)
        .await;
    Mock::given(path_regex("^/s3/"))
        .respond_with(ResponseTemplate::new(200).insert_header("etag", "\"e\""))
        .mount(&server)
        .await;
    let (api, storage) = (api(&server), storage());

    let presigned = api.presign(1, None, &PresignRequest { filename: "a.csv".into() }).await.unwrap();
    storage.put(2, &presigned.url, body("abc")).await.unwrap();
    api.abort(3, &abort_request()).await.unwrap_err();
    let closed =
        format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    storage.put(4, &signed(&closed), body("abc")).await.unwrap_err();
    api_at(&closed).status(5).await.unwrap_err();
    drop(Box::pin(storage.put(6, &presigned.url, body("never polled"))));
    {
        let mut begun = Box::pin(storage.put(7, &presigned.url, body("polled once")));
        assert!(futures::poll!(&mut begun).is_pending());
    }

    let text = log.text();
    assert_no_secret(&text);
    let host = server.address().to_string();
    for expected in [
        &[
            "DEBUG upload_http::api: answered method=\"POST\"",
            "path=/api/v3/storage/presigned-url attempt=1 status=200 request_id=\"req-1\" ms=",
        ][..],
        &["DEBUG upload_http::storage: answered method=\"PUT\"", "path=/s3/k attempt=2 status=200 ms="],
        &[
            "DEBUG upload_http::api: failed method=\"DELETE\"",
            "path=/api/v3/storage/multipart-upload attempt=3 status=409 ms=",
            "kind=\"rejected\"",
        ],
        &[
            "DEBUG upload_http::storage: failed method=\"PUT\"",
            "path=/bucket/a.csv attempt=4 ms=",
            "kind=\"connect\"",
            "connection refused",
        ],
        &["DEBUG upload_http::api: failed method=\"GET\"", "path=/v3/status/ attempt=5", "kind=\"connect\""],
        &["DEBUG upload_http::storage: cancelled method=\"PUT\"", "path=/s3/k attempt=7 ms="],
    ] {
        let found = text.lines().any(|line| expected.iter().all(|piece| line.contains(piece)));
        assert!(found, "no line has {expected:?} in:\n{text}");
    }
    assert!(text.lines().any(|line| line.contains(&format!("host={host}"))), "{text}");
    assert!(!text.contains("attempt=6"), "a request that was never sent is logged:\n{text}");
}

#[tokio::test]
async fn nothing_prints_a_secret_in_debug() {
    let server = MockServer::start().await;
    let network =
        upload_http::NetworkConfig { proxy: Some("http://user:hush@proxy:1".into()), ..Default::default() };
    let shown = format!("{:?} {:?} {:?} {network:?}", api(&server), storage(), signed("http://h"));
    assert_no_secret(&shown);
    assert!(!shown.contains("hush"), "{shown}");
}
