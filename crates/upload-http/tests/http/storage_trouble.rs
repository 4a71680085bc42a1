use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use futures::StreamExt;
use tokio::io::AsyncReadExt;
use upload_core::{PartBody, SourceError, TransportErrorKind as Kind};

use crate::{IDLE, assert_no_secret, body, signed, storage, wire, zeros};

/// More than loopback's buffers take: a server that does not read it makes its sender wait.
const LARGE: u64 = 32 * 1024 * 1024;

const DENIED: &str = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

#[tokio::test]
async fn a_refused_connection_names_host_and_cause() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = storage().put(1, &signed(&format!("http://{free}")), body("abc")).await.unwrap_err();
    assert_eq!(error.kind, Kind::Connect);
    assert_eq!(error.to_string(), format!("cannot connect to {free}: connection refused"));
    assert_no_secret(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn an_unknown_host_is_no_connection() {
    let error = storage().put(1, &signed("http://nowhere.invalid"), body("abc")).await.unwrap_err();
    assert_eq!(error.kind, Kind::Connect, "{error}");
    assert!(error.message.starts_with("cannot connect to nowhere.invalid: "), "{error}");
    assert_no_secret(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_a_tls_failure() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::answer(&mut socket, "400 Bad Request", "", "").await;
    })
    .await;
    let error = storage().put(1, &signed(&base.replace("http:", "https:")), body("abc")).await.unwrap_err();
    assert_eq!(error.kind, Kind::Tls, "{error:?}");
    assert_no_secret(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn a_reset_in_the_middle_of_the_body_is_a_reset() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        let mut some = vec![0; 100_000];
        socket.read_exact(&mut some).await.unwrap();
        wire::reset(socket);
    })
    .await;
    let error = storage().put(1, &signed(&base), zeros(LARGE)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Reset, "{error:?}");
    assert_no_secret(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn an_early_refusal_is_named_every_time_and_ends_the_body() {
    let storage = storage();
    for chunked in [false, true] {
        for _ in 0..20 {
            let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
            let (base, _server) = wire::serve(move |mut socket| {
                let tell = tell.clone();
                async move {
                    wire::read_head(&mut socket).await;
                    if chunked {
                        let text = format!(
                            "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{DENIED}\r\n0\r\n\r\n",
                            DENIED.len()
                        );
                        tokio::io::AsyncWriteExt::write_all(&mut socket, text.as_bytes()).await.unwrap();
                    } else {
                        wire::answer(&mut socket, "403 Forbidden", "connection: close\r\n", DENIED).await;
                    }
                    // Only the client's closing ends this: what it still sends is counted.
                    let mut rest = Vec::new();
                    let _ = socket.read_to_end(&mut rest).await;
                    tell.send(rest.len() as u64).unwrap();
                }
            })
            .await;
            let error = storage.put(1, &signed(&base), zeros(LARGE)).await.unwrap_err();
            assert_eq!(error.code.as_deref(), Some("AccessDenied"), "{error:?}");
            assert_eq!(error.kind, Kind::StorageDenied);
            assert!(told.recv().await.unwrap() < LARGE, "the whole part was sent after its refusal");
        }
    }
}

#[tokio::test]
async fn a_success_before_the_whole_part_was_taken_is_not_believed() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        wire::answer(&mut socket, "200 OK", "etag: \"e\"\r\n", "").await;
        tokio::time::sleep(IDLE * 20).await;
    })
    .await;
    let error = storage().put(1, &signed(&base), zeros(LARGE)).await.unwrap_err();
    assert_eq!(error.kind, Kind::BadAnswer, "{error}");
}

#[tokio::test]
async fn a_server_that_stops_reading_is_a_stall() {
    let (base, _server) = wire::stops_reading().await;
    let error = storage().put(1, &signed(&base), zeros(LARGE)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Stalled);
    assert!(error.message.contains("took no byte"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_stall() {
    let (base, _server) = wire::serve(|mut socket| async move {
        let (head, body) = wire::read_head(&mut socket).await;
        wire::read_body(&mut socket, body, wire::content_length(&head)).await;
        tokio::time::sleep(IDLE * 20).await;
    })
    .await;
    let error = storage().put(1, &signed(&base), zeros(1000)).await.unwrap_err();
    assert_eq!(error.kind, Kind::Stalled);
    assert!(error.message.contains("no answer came"), "{error}");
}

#[tokio::test]
async fn waiting_for_local_bytes_is_no_stall() {
    let (base, _server) = wire::serve(|mut socket| async move {
        let (head, body) = wire::read_head(&mut socket).await;
        wire::read_body(&mut socket, body, wire::content_length(&head)).await;
        wire::answer(&mut socket, "200 OK", "etag: \"e\"\r\n", "").await;
    })
    .await;
    let chunks = futures::stream::iter(["ab", "cd"]).then(|chunk| async move {
        tokio::time::sleep(IDLE * 3).await;
        Ok(bytes::Bytes::from(chunk))
    });
    storage().put(1, &signed(&base), PartBody::new(4, chunks.boxed())).await.unwrap();
}

#[tokio::test]
async fn local_trouble_is_told_from_the_networks() {
    let (base, _server) = wire::serve(|mut socket| async move {
        wire::read_head(&mut socket).await;
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let broken = [Ok(bytes::Bytes::from("ab")), Err(SourceError::Changed("planted".into()))];
    let short = [Ok(bytes::Bytes::from("ab"))];
    let long = [Ok(bytes::Bytes::from("abcdefg"))];
    for (chunks, words) in [
        (Vec::from(broken), "planted"),
        (Vec::from(short), "bytes are missing"),
        (Vec::from(long), "it has grown"),
    ] {
        let part = PartBody::new(4, futures::stream::iter(chunks).boxed());
        let error = storage().put(1, &signed(&base), part).await.unwrap_err();
        assert_eq!(error.kind, Kind::Source, "{error:?}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_dropped_request_takes_no_further_byte_and_closes_its_connection() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (base, _server) = wire::serve(move |mut socket| {
        let tell = tell.clone();
        async move {
            wire::read_head(&mut socket).await;
            tell.send("began").unwrap();
            let _ = socket.read_to_end(&mut Vec::new()).await;
            tell.send("closed").unwrap();
        }
    })
    .await;
    let taken = Arc::new(AtomicU64::new(0));
    let count = taken.clone();
    let chunks = futures::stream::repeat_with(move || {
        count.fetch_add(1, Relaxed);
        Ok(bytes::Bytes::from_static(&[0; 1024]))
    })
    .then(|chunk| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        chunk
    });
    let (storage, url) = (storage(), signed(&base));
    let mut put = Box::pin(storage.put(1, &url, PartBody::new(LARGE, chunks.boxed())));
    tokio::select! {
        _ = &mut put => panic!("nobody answers"),
        began = told.recv() => assert_eq!(began, Some("began")),
    }
    drop(put);
    let at_drop = taken.load(Relaxed);
    assert_eq!(told.recv().await, Some("closed"));
    assert_eq!(taken.load(Relaxed), at_drop);
}
