//! Servers that send back what they got, and ones that send it elsewhere.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use upload_e2e::{Running, World};
use upload_sandbox::SandboxConfig;

const TOKEN: &str = "planted-access-token-0123456789";
const PASSWORD: &str = "planted-password-0123456789";
const COOKIE: &str = "planted-cookie-0123456789";

/// Answers every request with what `answer` makes of its head and body; the base URL, and how many requests there were.
async fn serve(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (answer, count) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let request = read(&mut socket).await;
                // Whoever has given up does not listen.
                let _ = socket.write_all(answer(&request).as_bytes()).await;
            });
        }
    });
    (base, count)
}

async fn read(socket: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (String::new(), [0; 64 * 1024]);
    loop {
        let count = socket.read(&mut buffer).await.unwrap_or(0);
        request.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let length = |head: &str| {
            let line = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
            });
            line.unwrap_or(0)
        };
        let is_whole = request.split_once("\r\n\r\n").is_some_and(|(head, body)| body.len() >= length(head));
        if count == 0 || is_whole {
            return request;
        }
    }
}

fn commands(world: &World) -> Vec<Vec<String>> {
    let path = |name: &str, content: &[u8]| world.file(name, content).to_str().unwrap().to_owned();
    let (csv, png) = (path("a.csv", b"email\na@b.c\n"), path("a.png", b"\x89PNG\r\n\x1a\n0000"));
    let rows = path("r.ndjson", b"{\"eid\":\"e\"}\n");
    [
        vec!["put", &csv, "--type", "t"],
        vec!["media", &png],
        vec!["ingest", "sales", &rows],
        vec!["download", "7", "-o", "list.csv"],
        vec!["whoami"],
        vec!["doctor"],
        vec!["login", "--username", "ada"],
    ]
    .into_iter()
    .map(|args| args.into_iter().map(str::to_owned).collect())
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_echoes_is_not_repeated() {
    let world = World::new(SandboxConfig::default()).await;
    let (base, _) = serve(|request| {
        let echo = serde_json::to_string(&request.replace(['\r', '\n'], " ")).unwrap();
        let body = format!(
            r#"{{"message":{echo},"error_code":{echo},"validation_errors":[{{"code":{echo},"message":{echo},"column":{echo}}}]}}"#
        );
        let status = if request.contains("/whoami") { "401 Unauthorized" } else { "422 Unprocessable Content" };
        let header = format!("set-cookie: s={COOKIE}\r\nx-request-id: r1\r\ncontent-type: application/json");
        format!("HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    })
    .await;
    for args in commands(&world) {
        for voice in [&["-vvv"][..], &["-vvv", "--output", "json"]] {
            let mut command = world.stranger();
            command.env("FD_BASE_URL", format!("{base}/api")).env("FD_PARTNER_ID", "fd42");
            command.env("FD_ACCESS_TOKEN", TOKEN).env("FD_PASSWORD", PASSWORD).env("RUST_LOG", "trace");
            let finished = Running::start(command.args(voice).args(&args)).finish().await;
            assert_ne!(finished.code, Some(0), "{args:?}: {finished:?}");
            let output = finished.all_output();
            for secret in [TOKEN, PASSWORD, COOKIE] {
                assert!(!output.contains(secret), "{args:?} says {secret}:\n{output}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_another_host_gets_no_request_at_all() {
    let world = World::new(SandboxConfig::default()).await;
    let (elsewhere, visits) =
        serve(|_| "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".into()).await;
    for status in [301, 302, 303, 307, 308] {
        let target = elsewhere.replace("127.0.0.1", "localhost");
        let (base, asked) = serve(move |_| {
            format!("HTTP/1.1 {status} Moved\r\nlocation: {target}/api/v3/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        })
        .await;
        for args in commands(&world) {
            let mut command = world.stranger();
            command.env("FD_BASE_URL", format!("{base}/api")).env("FD_PARTNER_ID", "fd42");
            command.env("FD_ACCESS_TOKEN", TOKEN).env("FD_PASSWORD", PASSWORD).args(&args);
            let finished = Running::start(&mut command).finish().await;
            assert_ne!(finished.code, Some(0), "{args:?}: {finished:?}");
            assert!(finished.all_output().contains("redirect"), "{args:?}: {finished:?}");
        }
        assert!(asked.load(Ordering::SeqCst) > 0);
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}
