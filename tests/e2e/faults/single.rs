//! The same for a file in one PUT.

use super::{SHORT_TIMEOUT, Trial};

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_sent_again() {
    for action in ["status:503", "reset,after:1MiB", "lose_answer", "etag:missing", "stall,after:64KiB"] {
        let options = if action.starts_with("stall") { &SHORT_TIMEOUT[..] } else { &[] };
        let trial = Trial::single(&[&format!("object#1={action}")], options).await;
        trial.assert_completed(action);
        assert_eq!((trial.count("presign"), trial.count("object")), (1, 2), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn presign_is_asked_again_and_a_refusal_ends_it() {
    let trial = Trial::single(&["presign#1=status:500"], &[]).await;
    trial.assert_completed("presign");
    assert_eq!((trial.count("presign"), trial.count("object")), (2, 1));
    let trial = Trial::single(&["object=status:403"], &[]).await;
    trial.assert_failed("object", 4, &["AccessDenied"]);
    assert_eq!(trial.count("object"), 1);
}
