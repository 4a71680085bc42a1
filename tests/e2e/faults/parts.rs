//! Faults at one part: only that part is sent again, or none at all.

use upload_e2e::World;
use upload_sandbox::SandboxConfig;

use super::{SHORT_TIMEOUT, Trial};
use crate::content::{MIB, noise};

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_sent_again_and_no_other_part_is() {
    for action in [
        "status:408",
        "status:500",
        "status:502",
        "status:503",
        "status:504",
        "status:400,code:RequestTimeout",
        "status:429,retry_after:1",
        "reset",
        "reset,after:1MiB",
        "reset,after:body",
        "lose_answer",
        "etag:missing",
        "error_in_200",
        "garbage:502",
        "reject:503,code:SlowDown",
        "reject:500,close:rst",
    ] {
        let trial = Trial::multipart(&[&format!("part:2#1={action}")], &[]).await;
        trial.assert_completed(action);
        assert_eq!(trial.puts(), [1, 2, 1], "{action}: only the faulty part is sent again");
        assert_eq!(trial.result()["retries"], 1, "{action}");
        assert_eq!(trial.count("complete"), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_moves_no_byte_is_given_up_and_sent_again() {
    let trial = Trial::multipart(&["part:3#1=stall,after:64KiB"], &SHORT_TIMEOUT).await;
    trial.assert_completed("stall");
    assert_eq!(trial.puts(), [1, 1, 2]);
    let retry = &trial.finished.events_named("retry")[0];
    assert!(retry["reason"].as_str().unwrap().contains("5 s"), "{retry}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_part_is_waited_for() {
    let trial = Trial::multipart(&["part:1#1=slow:2MiB/s"], &[]).await;
    trial.assert_completed("slow");
    assert_eq!(trial.puts(), [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_the_storage_asks_for_is_kept() {
    let trial = Trial::multipart(&["part:1#1=status:503,code:SlowDown,retry_after:2"], &[]).await;
    trial.assert_completed("retry_after");
    assert_eq!(trial.puts(), [2, 1, 1]);
    let wait = trial.finished.events_named("retry")[0]["wait_seconds"].as_f64().unwrap();
    assert!(wait >= 2.0, "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_pass_ends_the_upload_at_once_by_its_name_and_aborts_it() {
    for (action, code, words) in [
        ("status:403", 4, &["AccessDenied"][..]),
        ("status:403,code:SignatureDoesNotMatch", 4, &["SignatureDoesNotMatch"]),
        ("skew:-3600", 4, &["RequestTimeTooSkewed", "s behind this machine's"]),
        ("skew:3600", 4, &["RequestTimeTooSkewed", "s ahead of this machine's"]),
        ("status:400,code:InvalidDigest", 3, &["InvalidDigest"]),
        ("redirect", 5, &["307"]),
    ] {
        let trial = Trial::multipart(&[&format!("part:2={action}")], &[]).await;
        let again = trial.puts()[1];
        assert_eq!(again, 1, "{action}: it is not sent again: {:?}", trial.finished);
        trial.assert_failed(action, code, words);
        assert_eq!(trial.count("complete"), 0, "{action}");
        assert_eq!(trial.count("abort"), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_gone_or_whose_urls_are_is_begun_anew_once() {
    for (action, code, words) in [("status:404", 1, "NoSuchUpload"), ("expire", 5, "expired")] {
        let trial = Trial::multipart(&[&format!("part:2#1={action}")], &[]).await;
        trial.assert_completed(action);
        assert_eq!((trial.count("initiate"), trial.count("abort")), (2, 1), "{action}");
        let trial = Trial::multipart(&[&format!("part:2={action}")], &[]).await;
        trial.assert_failed(action, code, &[words]);
        assert_eq!((trial.count("initiate"), trial.count("abort")), (2, 2), "{action}: twice, not for ever");
        assert_eq!(trial.count("complete"), 0, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_will_not_be_through_before_its_urls_end_says_so_early() {
    let url_life = std::time::Duration::from_secs(6);
    let world = World::new(SandboxConfig { url_life, ..SandboxConfig::default() }).await;
    let file = world.file("a.bin", &noise(30 * MIB));
    let put = ["--output", "json", "put", "--type", "raw", "--part-size", "5MiB", "--concurrency", "1"];
    let slow = ["--limit-rate", "2.5MiB/s", file.to_str().unwrap()];
    let finished = world.run(put.iter().chain(&slow)).await;
    // Begun anew once, it is as slow again.
    assert_eq!(finished.code, Some(5), "{finished:?}");
    let events = finished.events();
    let place = |name: &str| events.iter().position(|event| event["event"] == name).unwrap();
    let warning = &events[place("warning")];
    let message = warning["message"].as_str().unwrap();
    assert!(
        message.contains("its URLs end in") && message.contains("--concurrency of more than 1"),
        "{message}"
    );
    assert!(place("warning") < place("restarted"));
    assert!(finished.result()["error"]["hint"].as_str().unwrap().contains("--concurrency"));
    assert_eq!(
        (world.count("initiate"), world.count("abort"), world.sandbox.open_uploads().len()),
        (2, 2, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_verify_a_part_whose_etag_is_another_md5_is_sent_again() {
    let trial = Trial::multipart(&["part:2#1=etag:wrong"], &["--verify", "etag"]).await;
    trial.assert_completed("etag:wrong");
    assert_eq!(trial.puts(), [1, 2, 1]);
}

/// As under SSE-KMS.
#[tokio::test(flavor = "multi_thread")]
async fn where_etags_are_no_md5s_verifying_says_once_that_it_does_not() {
    let trial = Trial::multipart(&["part=etag:not_md5"], &["--verify", "etag"]).await;
    trial.assert_completed("etag:not_md5");
    assert_eq!(trial.puts(), [1, 1, 1]);
    let warnings = trial.finished.events_named("warning");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0]["message"].as_str().unwrap().contains("no MD5s"), "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_of_all_parts_may_fail_now_and_then() {
    let faults = ["part@0.2=status:500", "part@0.1=reset,after:64KiB", "part@0.1=lose_answer"];
    let trial = Trial::multipart(&faults, &["--concurrency", "2"]).await;
    trial.assert_completed("many faults");
}
