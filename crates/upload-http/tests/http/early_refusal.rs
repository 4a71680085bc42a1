//! A storage that refuses before it has read the body, and closes the connection on what it did not read.

use tokio::io::AsyncWriteExt;
use upload_core::TransportErrorKind as Kind;

use crate::{signed, storage, wire, zeros};

const LARGE: u64 = 32 * 1024 * 1024;

/// How the server ends a connection on which it has answered.
#[derive(Clone, Copy, Debug)]
enum Closing {
    /// As servers do that stop reading: the bytes it has not read make this a reset.
    Unread,
    /// By a reset at once.
    Reset,
}

async fn refusing(closing: Closing, pause: bool) -> (String, wire::Server) {
    wire::serve(move |mut socket| async move {
        wire::read_head(&mut socket).await;
        if pause {
            // The body has filled every buffer by now.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let document = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        let answer = format!(
            "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{document}",
            document.len()
        );
        socket.write_all(answer.as_bytes()).await.unwrap();
        if let Closing::Reset = closing {
            wire::reset(socket);
        }
    })
    .await
}

/// With several threads, so that sending really goes on while the server resets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_named_every_time_although_the_connection_is_reset_behind_it() {
    let rounds = std::env::var("UPLOAD_EARLY_REFUSALS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let storage = storage();
    for closing in [Closing::Unread, Closing::Reset] {
        for pause in [false, true] {
            let (base, _server) = refusing(closing, pause).await;
            for round in 0..rounds {
                let error = storage.put(1, &signed(&base), zeros(LARGE)).await.unwrap_err();
                let told = (error.kind, error.code.as_deref());
                assert_eq!(
                    told,
                    (Kind::StorageDenied, Some("AccessDenied")),
                    "{closing:?} {round}: {error:?}"
                );
            }
        }
    }
}
