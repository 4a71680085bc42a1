//! No token and no signature is ever printed, at any verbosity.

use upload_sandbox::{Sandbox, SandboxConfig};

use crate::run::Desk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_most_talkative_run_shows_every_request_and_no_secret() {
    let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
    let desk = Desk::new()
        .set("FD_BASE_URL", sandbox.api_url())
        .set("FD_ACCESS_TOKEN", sandbox.access_token())
        .set("FD_PARTNER_ID", sandbox.partner_id())
        .set("RUST_LOG", "trace")
        .file("a.csv", "email\na@b.c\n")
        .file("n.txt", "x");
    let (token, runs) = (sandbox.access_token().to_owned(), desk);
    let all = tokio::task::spawn_blocking(move || {
        let good = runs.run(&["-vv", "put", "a.csv", "n.txt", "--type", "t"]);
        good.ends(0, &["method=\"POST\"", "method=\"PUT\"", "host=", "path=", "status=", "attempt=", "ms="]);
        let single = runs.run(&["-vvv", "put", "n.txt", "--pattern", "single", "--output", "json"]);
        single.ends(0, &[]);
        let denied = runs.set("FD_PARTNER_ID", "fd999").run(&["-vv", "put", "a.csv", "--type", "t"]);
        denied.ends(4, &["fd999"]);
        [good, single, denied]
    })
    .await
    .unwrap();
    for ran in &all {
        for text in [&ran.stdout, &ran.stderr] {
            for secret in [token.as_str(), "X-Amz-Signature", "X-Amz-Credential", "Bearer "] {
                assert!(!text.contains(secret), "{secret} in: {text}");
            }
        }
    }
    assert!(sandbox.shutdown().await.is_empty());
}
