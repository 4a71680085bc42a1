//! The storage behind a link of a certain speed and distance.

use std::time::{Duration, Instant};

use upload_sandbox::{
    Backend, Link, NullEtag, S3Keys, S3Route, S3Store, Sandbox, SandboxConfig, SandboxError,
};

use crate::client::{Client, MIB, bytes};

async fn over(link: Link, backend: Backend) -> Client {
    Client::with(SandboxConfig { link, backend, ..SandboxConfig::default() }).await
}

/// Uploads 2 MiB in one PUT, and answers how long the PUT took. That it takes as long as the link makes it is all that is
/// asked: it may take longer on a machine that has other things to do.
async fn put(client: &Client) -> Duration {
    let (url, key) = client.presign().await;
    let begun = Instant::now();
    assert_eq!(client.put(&url, bytes(2 * MIB)).send().await.unwrap().status(), 200);
    let took = begun.elapsed();
    assert_eq!(client.validate(&key).await.0, 200);
    if matches!(client.sandbox.backend(), Backend::BuiltIn) {
        assert!(client.sandbox.read_object(&key).await.unwrap() == bytes(2 * MIB));
    }
    took
}

#[tokio::test]
async fn each_limit_holds_and_every_byte_arrives() {
    let rate = |text: &str| text.parse().ok();
    for (link, least) in [
        (Link { rate: rate("4MiB"), ..Link::default() }, 450),
        (Link { per_connection: rate("4MiB"), ..Link::default() }, 450),
        (Link { slow_connections: "1:4MiB".parse().ok(), ..Link::default() }, 450),
        // One round trip to connect, eight for 2 MiB by windows that double, and the answer is on the last one's way.
        (Link { rtt: Duration::from_millis(50), ..Link::default() }, 450),
    ] {
        for backend in [Backend::BuiltIn, Backend::Null(NullEtag::MadeUp)] {
            let client = over(link, backend).await;
            let took = put(&client).await;
            assert!(took >= Duration::from_millis(least), "{took:?} over {link:?}");
            client.sandbox.shutdown().await;
        }
    }
}

#[tokio::test]
async fn a_link_that_nobody_would_use_is_an_error() {
    let keys = S3Keys { access_key_id: "a".into(), secret_access_key: "s".into(), session_token: None };
    let store = S3Store {
        endpoint: "http://127.0.0.1:9".into(),
        bucket: "b".into(),
        region: "r".into(),
        keys,
        route: S3Route::Direct,
    };
    let link = Link { rtt: Duration::from_millis(1), ..Link::default() };
    let config = SandboxConfig { backend: Backend::S3(store), link, ..SandboxConfig::default() };
    assert!(matches!(Sandbox::start(config).await, Err(SandboxError::LinkElsewhere)));
}
