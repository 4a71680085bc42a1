//! A platform that keeps books, and a caller that checks the machine against them at every step.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use upload_core::{
    Checkpoint, Ended, Event, Machine, MultipartConfig, MultipartUpload, Operation, Outcome, Plan, Remains,
    Request, RequestId, Response, Stored, TransportError, TransportErrorKind as Kind,
    proto::{
        CompleteResponse, ETag, InitiateResponse, PartNumber, PresignedPart, PresignedParts,
        ValidateResponse, s3_limits::MIN_PART_SIZE,
    },
};

use crate::script::Script;

/// What the server knows of one upload.
#[derive(Debug, Default)]
struct Upload {
    completed: bool,
    aborted: bool,
}

pub(crate) struct Model {
    pub(crate) machine: MultipartUpload,
    config: MultipartConfig,
    file_size: u64,
    now: Instant,
    in_flight: Vec<Request>,
    cancelled: Vec<Request>,
    uploads: HashMap<String, Upload>,
    /// The ETag the machine was last told for each part of the current upload.
    acknowledged: BTreeMap<PartNumber, ETag>,
    /// Attempts per operation of this incarnation of the machine.
    attempts: HashMap<String, u32>,
    not_before: HashMap<String, Instant>,
    obtained: Vec<String>,
    plan: Option<Plan>,
    puts: u32,
    pub(crate) ended: Option<Ended>,
    abort_seen: bool,
    /// Validate was answered with a 404 although the object exists: no client can see through that.
    lied: bool,
}

impl Model {
    pub(crate) fn new(file_size: u64, config: MultipartConfig) -> Self {
        let kind = "audience_csv".parse().unwrap();
        Self {
            machine: MultipartUpload::new("a.csv", kind, file_size, config.clone()).unwrap(),
            config,
            file_size,
            now: Instant::now(),
            in_flight: Vec::new(),
            cancelled: Vec::new(),
            uploads: HashMap::new(),
            acknowledged: BTreeMap::new(),
            attempts: HashMap::new(),
            not_before: HashMap::new(),
            obtained: Vec::new(),
            plan: None,
            puts: 0,
            ended: None,
            abort_seen: false,
            lied: false,
        }
    }

    /// Runs to the end by the script's choices.
    pub(crate) fn run(&mut self, script: &mut Script) {
        for _ in 0..20_000 {
            self.drain();
            if self.ended.is_some() {
                return self.check_end();
            }
            match script.pick(10) {
                0..=3 => self.progress(script),
                4 => self.poll(),
                5 | 6 => self.answer_any(script, true),
                7 => self.answer_any(script, false),
                8 => self.pass_time(),
                _ => match script.pick(6) {
                    1 => self.machine.abort(self.now),
                    2 => self.crash_and_resume(),
                    3 => self.answer_cancelled(script),
                    _ => self.answer_any(script, false),
                },
            }
        }
        panic!("the upload never ended");
    }

    fn progress(&mut self, script: &mut Script) {
        let before = self.in_flight.len();
        self.poll();
        if self.in_flight.len() == before {
            if self.in_flight.is_empty() { self.pass_time() } else { self.answer_any(script, true) }
        }
    }

    fn drain(&mut self) {
        while let Some(id) = self.machine.poll_cancel() {
            let place =
                self.in_flight.iter().position(|r| r.id == id).expect("only what is in flight is cancelled");
            self.cancelled.push(self.in_flight.remove(place));
        }
        while let Some(event) = self.machine.poll_event() {
            assert!(self.ended.is_none(), "an event after the end: {event:?}");
            match event {
                Event::Opened(checkpoint) => self.plan = Some(checkpoint.plan),
                Event::Ended(ended) => self.ended = Some(*ended),
                _ => {}
            }
        }
    }

    fn poll(&mut self) {
        let Some(request) = self.machine.poll_request(self.now) else { return };
        self.check_request(&request);
        self.in_flight.push(request);
    }

    fn check_request(&mut self, request: &Request) {
        assert!(self.ended.is_none(), "a request after the end");
        let name = name(&request.operation);
        let attempts = self.attempts.entry(name.clone()).or_default();
        *attempts += 1;
        assert_eq!(*attempts, request.attempt, "{name}");
        assert!(*attempts <= self.config.retry.max_attempts, "{name} was tried too often");
        if let Some(earliest) = self.not_before.get(&name) {
            assert!(self.now >= *earliest, "{name} came before its wait was over");
        }
        let is_put = matches!(request.operation, Operation::PutPart { .. });
        if is_put {
            assert!(!self.abort_seen, "a part after the abort");
            assert!(self.in_flight.len() < self.config.concurrency.get(), "more in flight than allowed");
            assert!(self.in_flight.iter().all(|r| self::name(&r.operation) != name), "{name} twice at once");
        } else {
            assert!(self.in_flight.is_empty(), "{name} while something else was in flight");
        }
        match &request.operation {
            Operation::PutPart { part, url, range } => {
                let plan = self.plan.expect("a part before the upload was opened");
                assert_eq!(*range, plan.range(*part));
                assert_eq!(url.path(), format!("/{part}"));
                assert!(!self.acknowledged.contains_key(part), "{name} was stored and is sent again");
            }
            Operation::Complete(complete) => {
                let plan = self.plan.unwrap();
                let listed: Vec<_> = complete.parts.iter().map(|p| (p.part_number, p.etag.clone())).collect();
                let known: Vec<_> = self.acknowledged.clone().into_iter().collect();
                assert_eq!(listed, known, "complete must list the last ETags, once each, ascending");
                assert!(
                    plan.part_numbers().eq(listed.iter().map(|(part, _)| *part)),
                    "complete lists every part"
                );
            }
            Operation::Abort(abort) => {
                let known = &self.uploads[abort.upload_id.as_str()];
                assert!(!known.completed || self.lied, "an object that exists is given up");
                self.abort_seen = true;
            }
            _ => {}
        }
    }

    fn answer_any(&mut self, script: &mut Script, well: bool) {
        if self.in_flight.is_empty() {
            return;
        }
        let request = self.in_flight.remove(script.pick(self.in_flight.len()));
        if well {
            let result = self.serve(&request, script);
            self.hand_in(request, result);
        } else {
            // An error whose answer was lost has happened on the server all the same. A lost initiate hands out an
            // id that nobody ever sees, which no client can help.
            let mut error = script.error();
            if script.pick(3) == 1 && !matches!(request.operation, Operation::Initiate { .. }) {
                let happened = self.serve(&request, script).is_ok();
                // Only a lost answer hides that parts were put together.
                if happened && matches!(request.operation, Operation::Complete(_)) {
                    error = TransportError::new([Kind::Reset, Kind::Server][script.pick(2)], "lost");
                }
            }
            if matches!(request.operation, Operation::Validate { .. }) && error.kind == Kind::NotFound {
                self.lied |= self.uploads.values().any(|upload| upload.completed);
            }
            self.hand_in(request, Err(error));
        }
    }

    fn hand_in(&mut self, request: Request, result: Result<Response, TransportError>) {
        if let Ok(response) = &result {
            match (response, &request.operation) {
                (Response::Initiated(answer), _) => self.obtained.push(answer.upload_id.to_string()),
                (Response::Stored(Stored { etag, .. }), Operation::PutPart { part, .. }) => {
                    self.acknowledged.insert(*part, etag.clone());
                }
                _ => {}
            }
        }
        self.machine.handle_response(self.now, request.id, result).unwrap();
        while let Some(event) = self.machine.poll_event() {
            match event {
                Event::Retrying { wait, .. } => {
                    self.not_before.insert(name(&request.operation), self.now + wait);
                }
                Event::Opened(checkpoint) => self.plan = Some(checkpoint.plan),
                Event::Ended(ended) => assert!(self.ended.replace(*ended).is_none(), "two ends"),
                _ => {}
            }
        }
    }

    fn serve(&mut self, request: &Request, script: &mut Script) -> Result<Response, TransportError> {
        let unknown = || Err(TransportError::new(Kind::NotFound, "no such upload or object"));
        Ok(match &request.operation {
            Operation::Initiate { request, .. } => {
                let id = format!("upload-{}", self.uploads.len() + 1);
                self.uploads.insert(id.clone(), Upload::default());
                let count = [u64::from(request.part_count), 0, 1, 20][script.pick(4)];
                let part_size = [None, Some(MIN_PART_SIZE), Some(2 * MIN_PART_SIZE), Some(1)][script.pick(4)];
                let url = |n| PresignedPart {
                    part_number: n,
                    url: format!("https://s/{n}?X-Amz-Signature=x").parse().unwrap(),
                };
                let parts = (1..=count).map(|n| url(n.try_into().unwrap())).collect();
                Response::Initiated(InitiateResponse {
                    upload_id: id.parse().unwrap(),
                    object_key: "in/a.csv".parse().unwrap(),
                    part_size,
                    parts: PresignedParts::new(parts),
                })
            }
            Operation::PutPart { .. } => {
                self.puts += 1;
                Response::Stored(format!("etag-{}", self.puts).parse::<ETag>().unwrap().into())
            }
            Operation::Complete(request) => {
                let upload = self.uploads.get_mut(request.upload_id.as_str()).unwrap();
                if upload.completed || upload.aborted {
                    return unknown();
                }
                upload.completed = true;
                Response::Completed(CompleteResponse::default())
            }
            Operation::Validate { .. } if !self.uploads.values().any(|upload| upload.completed) => {
                return unknown();
            }
            Operation::Validate { .. } => Response::Validated(ValidateResponse {
                valid: script.pick(4) != 1,
                validation_errors: Vec::new(),
            }),
            Operation::Abort(request) => {
                let upload = self.uploads.get_mut(request.upload_id.as_str()).unwrap();
                if upload.completed {
                    return unknown();
                }
                upload.aborted = true;
                Response::Aborted
            }
            Operation::Presign { .. } => unreachable!("a multipart upload asks for no single URL"),
        })
    }

    fn pass_time(&mut self) {
        // Early calls must do nothing, so half the time is passed first.
        let Some(deadline) = self.machine.poll_timeout() else { return };
        let half = self.now + deadline.saturating_duration_since(self.now) / 2;
        if half < deadline {
            self.machine.handle_timeout(half);
            assert_eq!(self.machine.poll_timeout(), Some(deadline), "an early timeout changed something");
        }
        self.now = deadline + Duration::from_nanos(1);
        self.machine.handle_timeout(self.now);
    }

    /// The process dies and another goes on from the checkpoint, with nothing in flight any more.
    fn crash_and_resume(&mut self) {
        let Some(checkpoint) = self.machine.checkpoint() else { return };
        if self.abort_seen || checkpoint.urls.is_empty() {
            return;
        }
        self.in_flight.clear();
        self.cancelled.clear();
        self.attempts.clear();
        self.not_before.clear();
        self.machine = MultipartUpload::resume(checkpoint.clone(), self.config.clone()).unwrap();
        assert_eq!(self.machine.checkpoint(), Some(checkpoint), "resuming changed the checkpoint");
    }

    fn answer_cancelled(&mut self, script: &mut Script) {
        let Some(request) = self.cancelled.pop() else { return };
        let before = self.machine.checkpoint();
        let result = if script.pick(2) == 0 { self.serve(&request, script) } else { Err(script.error()) };
        self.machine.handle_response(self.now, request.id, result).unwrap();
        assert_eq!(self.machine.checkpoint(), before, "a late answer changed something");
    }

    fn check_end(&mut self) {
        assert!(self.machine.poll_request(self.now).is_none(), "a request after the end");
        assert!(self.machine.poll_event().is_none(), "an event after the end");
        assert!(self.machine.poll_timeout().is_none(), "a timeout after the end");
        self.machine.abort(self.now);
        self.machine.handle_timeout(self.now + Duration::from_secs(3600));
        assert!(self.machine.poll_request(self.now).is_none(), "the end can be undone");
        assert!(self.machine.poll_event().is_none(), "a second end");

        let ended = self.ended.as_ref().unwrap();
        for id in &self.obtained {
            let known = &self.uploads[id];
            let remembered = remembered(&ended.outcome).is_some_and(|kept| kept.upload_id.as_str() == id);
            assert!(known.completed || known.aborted || remembered || self.gone(id), "{id} was forgotten");
        }
        if let Outcome::Completed(completed) = &ended.outcome {
            assert_eq!(completed.bytes, self.file_size);
            assert!(self.uploads[completed.upload_id.as_ref().unwrap().as_str()].completed);
        }
    }

    /// The server said 404 to the abort: then there is nothing to forget.
    fn gone(&self, id: &str) -> bool {
        let outcome = &self.ended.as_ref().unwrap().outcome;
        let (Outcome::Failed { remains, .. } | Outcome::Aborted { remains }) = outcome else { return false };
        if matches!(remains, Remains::Gone { upload_id, .. } if upload_id.as_str() == id) {
            return true;
        }
        matches!(remains, Remains::Aborted { upload_id, .. } if upload_id.as_str() == id)
            && self.attempts.keys().any(|name| name == "abort")
    }
}

fn remembered(outcome: &Outcome) -> Option<&Checkpoint> {
    let (Outcome::Failed { remains, .. } | Outcome::Aborted { remains }) = outcome else { return None };
    match remains {
        Remains::Kept(checkpoint)
        | Remains::LeftOpen { checkpoint, .. }
        | Remains::Unclear { checkpoint, .. } => Some(checkpoint),
        _ => None,
    }
}

fn name(operation: &Operation) -> String {
    match operation {
        Operation::Initiate { .. } => "initiate".into(),
        Operation::Presign { .. } => "presign".into(),
        Operation::PutPart { part, .. } => format!("part {part}"),
        Operation::Complete(_) => "complete".into(),
        Operation::Validate { .. } => "validate".into(),
        Operation::Abort(_) => "abort".into(),
    }
}

/// An id that no machine has given out.
pub(crate) fn foreign_id(model: &mut Model, other: &mut Model) -> RequestId {
    let mut last = other.machine.poll_request(other.now).unwrap().id;
    for _ in 0..3 {
        other
            .machine
            .handle_response(other.now, last, Err(TransportError::new(Kind::Server, "planted")))
            .unwrap();
        other.now = other.machine.poll_timeout().unwrap();
        other.machine.handle_timeout(other.now);
        last = other.machine.poll_request(other.now).unwrap().id;
    }
    assert!(model.in_flight.iter().all(|request| request.id != last));
    last
}
