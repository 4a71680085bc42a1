use std::time::Instant;

use proptest::prelude::*;
use upload_core::{
    Event, Machine, Operation, Outcome, PlanError, Remains, Response, SingleConfig, SingleUpload,
    proto::PresignResponse,
};

use crate::script::Script;

fn answer(operation: &Operation) -> Response {
    match operation {
        Operation::Presign { .. } => Response::Presigned(PresignResponse {
            url: "https://s/k?sig".parse().unwrap(),
            object_key: "k".parse().unwrap(),
        }),
        _ => Response::Stored("e".parse::<upload_core::proto::ETag>().unwrap().into()),
    }
}

#[test]
fn sizes_a_single_put_cannot_have_are_refused() {
    let new = |size| SingleUpload::new("a", None, size, SingleConfig::default()).map(|_| ());
    assert_eq!(new(0), Err(PlanError::EmptyFile));
    assert!(matches!(new(5 * 1024 * 1024 * 1024 + 1), Err(PlanError::TooLarge { .. })));
}

proptest! {
    #[test]
    fn it_ends_once_and_within_its_attempts(bytes in proptest::collection::vec(any::<u8>(), 0..80), seed: u64) {
        let config = SingleConfig { seed, ..SingleConfig::default() };
        let mut machine = SingleUpload::new("a.jpg", None, 10, config).unwrap();
        let mut script = Script::new(bytes);
        let mut now = Instant::now();
        let mut in_flight = None;
        let mut requests = 0;
        let ended = loop {
            while let Some(id) = machine.poll_cancel() {
                prop_assert_eq!(in_flight.take().map(|r: upload_core::Request| r.id), Some(id));
            }
            match machine.poll_event() {
                Some(Event::Ended(ended)) => break ended,
                Some(_) => continue,
                None => {}
            }
            if script.pick(20) == 19 {
                machine.abort(now);
            } else if let Some(request) = in_flight.take() {
                let ok = script.pick(3) == 0;
                let result = if ok { Ok(answer(&request.operation)) } else { Err(script.error()) };
                machine.handle_response(now, request.id, result).unwrap();
            } else if let Some(request) = machine.poll_request(now) {
                requests += 1;
                in_flight = Some(request);
            } else if let Some(deadline) = machine.poll_timeout() {
                now = deadline;
                machine.handle_timeout(now);
            }
            prop_assert!(requests <= 10, "two operations of five attempts each");
        };
        match ended.outcome {
            Outcome::Completed(done) => prop_assert_eq!((done.bytes, done.parts, done.upload_id), (10, 1, None)),
            Outcome::Failed { remains, .. } | Outcome::Aborted { remains } => {
                prop_assert!(matches!(remains, Remains::Nothing));
            }
        }
        machine.abort(now);
        prop_assert!(machine.poll_event().is_none() && machine.poll_request(now).is_none());
    }
}
