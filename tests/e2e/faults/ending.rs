//! Faults at complete, validate and abort: the object is never lost, and never called failed while it exists.

use super::Trial;

#[tokio::test(flavor = "multi_thread")]
async fn complete_is_asked_again_where_that_may_help() {
    for action in
        ["status:500", "status:503", "status:429,retry_after:1", "reset", "error_in_200", "reject:502"]
    {
        let trial = Trial::multipart(&[&format!("complete#1={action}")], &[]).await;
        trial.assert_completed(action);
        assert_eq!(trial.puts(), [1, 1, 1], "{action}: no part is sent again");
        assert_eq!(trial.count("complete"), 2, "{action}");
        assert_eq!(trial.count("abort"), 0, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_complete_that_is_lost_or_mangled_costs_nothing() {
    for action in ["lose_answer", "garbage", "truncate"] {
        let trial = Trial::multipart(&[&format!("complete#1={action}")], &[]).await;
        trial.assert_completed(action);
        assert_eq!(trial.puts(), [1, 1, 1], "{action}: no part is sent again");
        assert_eq!(trial.count("abort"), 0, "{action}: what may be an object is not aborted");
        assert_eq!(trial.count("validate"), 1, "{action}: the platform is asked whether it has the object");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_complete_ends_the_upload_and_aborts_it() {
    let trial = Trial::multipart(&["complete=status:400,code:InvalidPart"], &[]).await;
    trial.assert_failed("refused", 3, &["InvalidPart"]);
    assert_eq!((trial.count("complete"), trial.count("abort")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etag_that_went_wrong_unnoticed_is_refused_by_the_storage() {
    let trial = Trial::multipart(&["part:2#1=etag:wrong"], &["--verify", "none"]).await;
    trial.assert_failed("etag:wrong", 3, &["InvalidPart"]);
    assert_eq!(trial.puts(), [1, 1, 1]);
    assert_eq!(trial.count("abort"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_is_asked_again_and_its_trouble_does_not_undo_the_object() {
    let trial = Trial::multipart(&["validate#1=status:500"], &[]).await;
    trial.assert_completed("validate once");
    assert_eq!(trial.count("validate"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_is_asked_again_and_an_upload_that_is_gone_counts_as_aborted() {
    for action in ["status:500", "reset", "lose_answer"] {
        let faults = ["part:2=status:403", &format!("abort#1={action}")];
        let trial = Trial::multipart(&faults, &[]).await;
        trial.assert_failed(action, 4, &["AccessDenied"]);
        assert_eq!(trial.count("abort"), 2, "{action}");
    }
}
