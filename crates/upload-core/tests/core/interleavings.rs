use std::{num::NonZeroUsize, time::Instant};

use proptest::prelude::*;
use upload_core::{
    Machine, Misuse, MultipartConfig, Outcome, Response,
    proto::{CompleteResponse, s3_limits::MIN_PART_SIZE},
};

use crate::{
    model::{Model, foreign_id},
    script::Script,
};

fn config(concurrency: usize, validate: bool, keep: bool, seed: u64) -> MultipartConfig {
    MultipartConfig {
        part_size: Some(MIN_PART_SIZE),
        concurrency: NonZeroUsize::new(concurrency).unwrap(),
        validate,
        keep_on_failure: keep,
        seed,
        ..MultipartConfig::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_invariant_holds_whatever_happens_in_whatever_order(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        file_size in 1..=9 * MIN_PART_SIZE,
        concurrency in 1_usize..6,
        validate: bool,
        keep: bool,
        seed: u64,
    ) {
        let mut model = Model::new(file_size, config(concurrency, validate, keep, seed));
        model.run(&mut Script::new(bytes));
    }
}

#[test]
fn left_alone_an_upload_completes() {
    let mut model = Model::new(9 * MIN_PART_SIZE, config(3, true, false, 0));
    model.run(&mut Script::new(Vec::new()));
    let ended = model.ended.unwrap();
    assert!(matches!(ended.outcome, Outcome::Completed(_)), "{:?}", ended.outcome);
    assert_eq!(
        (ended.totals.attempts, ended.totals.retries),
        (12, 0),
        "initiate, nine parts, complete, validate"
    );
}

#[test]
fn confusing_requests_is_an_error_that_changes_nothing() {
    let mut model = Model::new(MIN_PART_SIZE, config(1, true, false, 0));
    let mut other = Model::new(MIN_PART_SIZE, config(1, true, false, 1));
    let now = Instant::now();
    let first = model.machine.poll_request(now).unwrap();
    let foreign = foreign_id(&mut model, &mut other);
    assert_eq!(
        model.machine.handle_response(now, foreign, Ok(Response::Aborted)),
        Err(Misuse::UnknownRequest(foreign))
    );
    let wrong = Response::Completed(CompleteResponse::default());
    assert_eq!(model.machine.handle_response(now, first.id, Ok(wrong)), Err(Misuse::WrongResponse(first.id)));
    assert!(model.machine.poll_request(now).is_none(), "the first request is still in flight");
}
