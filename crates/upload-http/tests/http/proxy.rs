//! The storage behind a proxy. Its host resolves nowhere: what arrives came through the proxy.

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use upload_core::TransportErrorKind as Kind;
use upload_http::{NetworkConfig, StorageClient};

use crate::{SIGNATURE, assert_no_secret, body, network, signed, wire};

/// A proxy that tells of each request's head and gives this answer; the base is where it listens, with a user.
async fn proxy(status: &'static str) -> (StorageClient, UnboundedReceiver<Vec<String>>, wire::Server) {
    let (tell, told) = unbounded_channel();
    let (base, server) = wire::serve(move |mut socket| {
        let tell = tell.clone();
        async move {
            let (head, body) = wire::read_head(&mut socket).await;
            if head[0].starts_with("PUT") {
                wire::read_body(&mut socket, body, wire::content_length(&head)).await;
            }
            tell.send(head).unwrap();
            wire::answer(&mut socket, status, "etag: \"e\"\r\n", "").await;
        }
    })
    .await;
    let proxy = base.replace("http://", "http://aladdin:opensesame@");
    let client = StorageClient::new(&NetworkConfig { proxy: Some(proxy), ..network() }).unwrap();
    (client, told, server)
}

/// `aladdin:opensesame`, as RFC 7617 writes it.
const AUTHORIZATION: &str = "Basic YWxhZGRpbjpvcGVuc2VzYW1l";

#[tokio::test]
async fn plain_http_is_forwarded() {
    let (client, mut told, _server) = proxy("200 OK").await;
    client.put(1, &signed("http://storage.invalid"), body("abc")).await.unwrap();
    let head = told.recv().await.unwrap();
    assert_eq!(head[0], format!("PUT http://storage.invalid/bucket/a.csv?{SIGNATURE} HTTP/1.1"));
    assert!(head.contains(&"host: storage.invalid".to_owned()), "{head:?}");
    assert!(head.contains(&format!("proxy-authorization: {AUTHORIZATION}")), "{head:?}");
    assert_eq!(head.len(), 6, "{head:?}");
}

#[tokio::test]
async fn https_goes_through_a_tunnel_that_the_proxy_can_refuse() {
    let (client, mut told, _server) = proxy("407 Proxy Authentication Required").await;
    let error = client.put(1, &signed("https://storage.invalid"), body("abc")).await.unwrap_err();
    let head = told.recv().await.unwrap();
    assert_eq!(head[0], "CONNECT storage.invalid:443 HTTP/1.1");
    assert!(head.contains(&format!("Proxy-Authorization: {AUTHORIZATION}")), "{head:?}");
    assert_eq!(error.kind, Kind::Connect);
    assert!(error.message.contains("proxy authorization required"), "{error}");
    assert_no_secret(&format!("{error} {error:?}"));
    assert!(!format!("{error:?}").contains("opensesame"));
}

#[tokio::test]
async fn this_machine_is_reached_directly() {
    let (client, mut told, _server) = proxy("200 OK").await;
    let (base, _storage) = wire::serve(|mut socket| async move {
        let (head, body) = wire::read_head(&mut socket).await;
        wire::read_body(&mut socket, body, wire::content_length(&head)).await;
        wire::answer(&mut socket, "200 OK", "etag: \"e\"\r\n", "").await;
    })
    .await;
    client.put(1, &signed(&base), body("abc")).await.unwrap();
    assert!(told.try_recv().is_err());
}
