//! Faults at initiate and presign.

use super::Trial;

#[tokio::test(flavor = "multi_thread")]
async fn initiate_is_asked_again_where_nothing_was_done() {
    for action in ["status:500", "status:503", "status:429,retry_after:1"] {
        let trial = Trial::multipart(&[&format!("initiate#1={action}")], &[]).await;
        trial.assert_completed(action);
        assert_eq!(trial.count("initiate"), 2, "{action}");
        assert_eq!(trial.puts(), [1, 1, 1], "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_initiate_sends_nothing() {
    for (action, code) in [("status:403", 4), ("status:422", 3), ("redirect", 5)] {
        let trial = Trial::multipart(&[&format!("initiate={action}")], &[]).await;
        trial.assert_failed(action, code, &[]);
        assert_eq!(trial.world.operations(), ["initiate"], "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_of_the_api_is_not_followed_with_the_token() {
    let trial = Trial::multipart(&["initiate=redirect:302"], &[]).await;
    trial.assert_failed("redirect", 5, &["redirect", "credentials"]);
    assert_eq!(trial.world.operations(), ["initiate"], "one request, and none to the other host");
}
