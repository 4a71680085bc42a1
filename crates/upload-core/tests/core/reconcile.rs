//! Complete whose answer was lost: what is asked, what is never sent, and how it ends.

use std::time::{Duration, Instant};

use upload_core::{
    Checkpoint, Ended, Event, Machine, MultipartConfig, MultipartUpload, Operation, Outcome, Remains,
    Response, TransportError, TransportErrorKind as Kind, Validation,
    proto::{ValidateResponse, ValidationError},
};

use crate::resume::checkpoint;

fn stored(completing: bool) -> Checkpoint {
    Checkpoint { etags: vec![Some("e".parse().unwrap()); 3], completing, ..checkpoint() }
}

/// Answers each request by its kind of operation until the end; returns that, and what was sent.
fn run(
    machine: &mut MultipartUpload,
    mut answer: impl FnMut(&Operation) -> Result<Response, Kind>,
) -> (Ended, Vec<&'static str>) {
    let (mut now, mut sent) = (Instant::now(), Vec::new());
    loop {
        while let Some(event) = machine.poll_event() {
            if let Event::Ended(ended) = event {
                return (*ended, sent);
            }
        }
        if let Some(request) = machine.poll_request(now) {
            sent.push(match request.operation {
                Operation::Complete(_) => "complete",
                Operation::Validate { .. } => "validate",
                Operation::Abort(_) => "abort",
                _ => "part",
            });
            let result = answer(&request.operation).map_err(|kind| TransportError::new(kind, "planted"));
            machine.handle_response(now, request.id, result).unwrap();
        } else {
            now = machine.poll_timeout().unwrap() + Duration::from_nanos(1);
            machine.handle_timeout(now);
        }
    }
}

fn resume(checkpoint: Checkpoint, keep_on_failure: bool) -> MultipartUpload {
    let config = MultipartConfig { keep_on_failure, ..MultipartConfig::default() };
    MultipartUpload::resume(checkpoint, config).unwrap()
}

fn accepted() -> Result<Response, Kind> {
    Ok(Response::Validated(ValidateResponse { valid: true, validation_errors: Vec::new() }))
}

#[test]
fn no_such_upload_after_a_lost_answer_is_a_success_where_the_platform_has_the_object() {
    let mut completes = 0;
    let (ended, sent) = run(&mut resume(stored(false), false), |operation| match operation {
        Operation::Complete(_) => {
            completes += 1;
            Err(if completes == 1 { Kind::Reset } else { Kind::NotFound })
        }
        _ => accepted(),
    });
    assert_eq!(sent, ["complete", "complete", "validate"]);
    let Outcome::Completed(completed) = ended.outcome else { panic!("{ended:?}") };
    assert!(matches!(completed.validation, Validation::Valid));
}

#[test]
fn it_is_also_one_when_the_answer_was_lost_by_the_process_before() {
    let findings = vec![ValidationError { code: "C".into(), message: None, row: None, column: None }];
    let (ended, sent) = run(&mut resume(stored(true), false), |operation| match operation {
        Operation::Complete(_) => Err(Kind::NotFound),
        _ => Ok(Response::Validated(ValidateResponse { valid: false, validation_errors: findings.clone() })),
    });
    assert_eq!(sent, ["complete", "validate"]);
    let Outcome::Completed(completed) = ended.outcome else { panic!("{ended:?}") };
    assert!(matches!(completed.validation, Validation::Invalid(list) if list == findings));
}

#[test]
fn without_upload_and_object_it_failed_and_nothing_is_left() {
    let (ended, sent) = run(&mut resume(stored(true), false), |_| Err(Kind::NotFound));
    assert_eq!(sent, ["complete", "validate", "validate", "validate", "validate", "validate"]);
    assert!(matches!(ended.outcome, Outcome::Failed { remains: Remains::Gone { .. }, .. }), "{ended:?}");
}

#[test]
fn an_object_that_is_still_being_put_together_is_waited_for() {
    let mut validates = 0;
    let (ended, sent) = run(&mut resume(stored(true), false), |operation| match operation {
        Operation::Validate { .. } if validates == 2 => accepted(),
        Operation::Validate { .. } => {
            validates += 1;
            Err(Kind::NotFound)
        }
        _ => Err(Kind::NotFound),
    });
    assert_eq!(sent, ["complete", "validate", "validate", "validate"]);
    assert!(matches!(ended.outcome, Outcome::Completed(_)), "{ended:?}");
}

#[test]
fn no_such_upload_without_a_lost_answer_asks_nothing_and_aborts() {
    let (ended, sent) = run(&mut resume(stored(false), false), |_| Err(Kind::NotFound));
    assert_eq!(sent, ["complete", "abort"]);
    assert!(matches!(ended.outcome, Outcome::Failed { remains: Remains::Aborted { .. }, .. }), "{ended:?}");
}

#[test]
fn what_cannot_be_found_out_is_remembered_and_not_aborted() {
    for validate in [Kind::Unsupported, Kind::Connect] {
        let (ended, sent) = run(&mut resume(stored(true), false), |operation| {
            Err(if matches!(operation, Operation::Complete(_)) { Kind::NotFound } else { validate })
        });
        assert!(!sent.contains(&"abort"), "{sent:?}");
        let Outcome::Failed { remains: Remains::Unclear { checkpoint, .. }, .. } = ended.outcome else {
            panic!("{ended:?}")
        };
        assert_eq!(*checkpoint, stored(true));
    }
}

#[test]
fn a_complete_that_stays_without_answer_is_given_up_only_where_there_is_no_object() {
    for (keep, last) in [(false, "abort"), (true, "validate")] {
        let (ended, sent) = run(&mut resume(stored(false), keep), |operation| match operation {
            Operation::Complete(_) => Err(Kind::Stalled),
            Operation::Validate { .. } => Err(Kind::NotFound),
            _ => Ok(Response::Aborted),
        });
        assert_eq!(sent.iter().filter(|name| **name == "complete").count(), 5);
        assert_eq!(*sent.last().unwrap(), last);
        let Outcome::Failed { failure, .. } = ended.outcome else { panic!("{ended:?}") };
        assert_eq!(failure.transport_kind(), Some(Kind::Stalled));
    }
}

#[test]
fn giving_up_after_a_lost_answer_asks_first() {
    for (exists, last) in [(true, "validate"), (false, "abort")] {
        let mut machine = resume(stored(true), false);
        machine.abort(Instant::now());
        let (ended, sent) = run(&mut machine, |operation| match operation {
            Operation::Validate { .. } if exists => accepted(),
            Operation::Validate { .. } => Err(Kind::NotFound),
            _ => Ok(Response::Aborted),
        });
        assert_eq!((sent.first(), sent.last()), (Some(&"validate"), Some(&last)));
        assert_eq!(matches!(ended.outcome, Outcome::Completed(_)), exists, "{ended:?}");
    }
}
