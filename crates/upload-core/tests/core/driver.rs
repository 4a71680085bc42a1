//! The driver with a transport in memory and a clock that jumps.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Instant,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{
    StreamExt,
    executor::block_on,
    future::{BoxFuture, pending},
    stream::BoxStream,
};
use upload_core::{
    ByteRange, Clock, Driver, Ended, Event, Failure, MemorySource, MultipartConfig, MultipartUpload, Outcome,
    PartBody, Progress, Remains, Source, SourceError, Stored, Transport, TransportError, TransportErrorKind,
    proto::{
        AbortRequest, CompleteRequest, CompleteResponse, ETag, InitiateRequest, InitiateResponse,
        PresignRequest, PresignResponse, PresignedPart, PresignedParts, PresignedUrl, UploadType,
        ValidateRequest, ValidateResponse, s3_limits::MIN_PART_SIZE,
    },
};

/// Time stands still until somebody sleeps; then it jumps.
struct JumpingClock(Arc<Mutex<Instant>>);

impl JumpingClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let now = self.0.clone();
        Box::pin(async move {
            let mut now = now.lock().unwrap();
            *now = deadline.max(*now);
        })
    }
}

/// What the transport does with a PUT.
#[derive(Clone, Copy, PartialEq)]
enum Put {
    Store,
    Fail(TransportErrorKind),
    Hang,
}

/// Decides by URL and attempt.
type Script = Box<dyn Fn(&str, u32) -> Put + Send + Sync>;

struct MemoryTransport {
    put: Script,
    stored: Mutex<BTreeMap<String, Vec<u8>>>,
    log: Mutex<Vec<String>>,
    in_flight: Arc<AtomicUsize>,
    peak: AtomicUsize,
}

impl MemoryTransport {
    fn new(put: impl Fn(&str, u32) -> Put + Send + Sync + 'static) -> Self {
        Self {
            put: Box::new(put),
            stored: Mutex::default(),
            log: Mutex::default(),
            in_flight: Arc::default(),
            peak: AtomicUsize::new(0),
        }
    }

    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }
}

/// Gives way once, so that others get their turn.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[async_trait]
impl Transport for MemoryTransport {
    async fn initiate(
        &self,
        _: u32,
        _: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        self.note("initiate");
        let url = |n: u64| PresignedPart {
            part_number: n.try_into().unwrap(),
            url: format!("https://s/{n:05}?sig=secret").parse().unwrap(),
        };
        Ok(InitiateResponse {
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            part_size: None,
            parts: PresignedParts::new((1..=request.part_count.into()).map(url).collect()),
        })
    }

    async fn presign(
        &self,
        _: u32,
        _: Option<&UploadType>,
        _: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        unreachable!("only multipart uploads here")
    }

    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        mut body: PartBody,
    ) -> Result<Stored, TransportError> {
        self.peak.fetch_max(self.in_flight.fetch_add(1, SeqCst) + 1, SeqCst);
        let _leave = Leave(self.in_flight.clone());
        let path = url.path().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|e| TransportError::new(TransportErrorKind::Reset, e.to_string()))?;
            bytes.extend_from_slice(&chunk);
        }
        match (self.put)(&path, attempt) {
            Put::Hang => pending().await,
            Put::Fail(kind) => Err(TransportError::new(kind, "planted")),
            Put::Store => {
                // Lets the others in before answering, so that several are in flight.
                yield_now().await;
                self.note(format!("put {path}"));
                self.stored.lock().unwrap().insert(path.clone(), bytes);
                Ok(path.trim_start_matches('/').parse::<ETag>().unwrap().into())
            }
        }
    }

    async fn complete(&self, _: u32, request: &CompleteRequest) -> Result<CompleteResponse, TransportError> {
        self.note(format!("complete {}", request.parts.len()));
        Ok(CompleteResponse::default())
    }

    async fn validate(
        &self,
        _: u32,
        _: &UploadType,
        _: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        self.note("validate");
        Ok(ValidateResponse { valid: true, validation_errors: Vec::new() })
    }

    async fn abort(&self, _: u32, _: &AbortRequest) -> Result<(), TransportError> {
        self.note(format!("abort with {} in flight", self.in_flight.load(SeqCst)));
        Ok(())
    }
}

struct Run {
    ended: Ended,
    events: Vec<String>,
    progress: Progress,
}

fn upload(transport: &MemoryTransport, source: &dyn Source, cancel: impl Future<Output = ()>) -> Run {
    let config = MultipartConfig {
        part_size: Some(MIN_PART_SIZE),
        concurrency: NonZeroUsize::new(3).unwrap(),
        ..MultipartConfig::default()
    };
    let kind = "audience_csv".parse().unwrap();
    let mut machine = MultipartUpload::new("a.csv", kind, source.len(), config).unwrap();
    let progress = Progress::default();
    let clock = JumpingClock::new();
    let driver = Driver { transport, source, clock: &clock, progress: &progress };
    let mut events = Vec::new();
    let observe = |event: &Event| events.push(format!("{event:?}"));
    let ended = block_on(driver.run(&mut machine, observe, cancel));
    Run { ended, events, progress }
}

fn bytes(parts: u64) -> Bytes {
    let len = usize::try_from(parts * MIN_PART_SIZE - 77).unwrap();
    (0..len).map(|i| (i % 251) as u8).collect::<Vec<_>>().into()
}

#[test]
fn the_bytes_arrive_whole_and_several_at_once() {
    let transport = MemoryTransport::new(|_, _| Put::Store);
    let content = bytes(5);
    let run = upload(&transport, &MemorySource::new(content.clone()), pending());
    assert!(matches!(run.ended.outcome, Outcome::Completed(_)), "{:?}", run.ended);
    let stored: Vec<u8> = transport.stored.lock().unwrap().values().flatten().copied().collect();
    assert!(stored == content, "the stored bytes differ");
    assert_eq!(transport.peak.load(SeqCst), 3, "the concurrency is used and not exceeded");
    assert_eq!(run.progress.sent(), content.len() as u64);
    assert_eq!(run.progress.stored(), content.len() as u64);
    let log = transport.log.lock().unwrap();
    assert_eq!(log.first().unwrap(), "initiate");
    assert_eq!(log[log.len() - 2..], ["complete 5", "validate"]);
}

#[test]
fn what_a_journal_needs_is_observed_before_anything_depends_on_it() {
    let transport = MemoryTransport::new(|_, _| Put::Store);
    let source = MemorySource::new(bytes(5));
    let config = MultipartConfig { part_size: Some(MIN_PART_SIZE), ..MultipartConfig::default() };
    let mut machine = MultipartUpload::new("a", "raw".parse().unwrap(), source.len(), config).unwrap();
    let (clock, progress) = (JumpingClock::new(), Progress::default());
    let driver = Driver { transport: &transport, source: &source, clock: &clock, progress: &progress };
    let mut seen = Vec::new();
    let observe = |event: &Event| {
        let begun = transport.stored.lock().unwrap().len() + transport.in_flight.load(SeqCst);
        let completes =
            transport.log.lock().unwrap().iter().filter(|what| what.starts_with("complete")).count();
        match event {
            Event::Opened(_) => assert_eq!(begun, 0, "a part was sent before its upload was known"),
            Event::Completing => assert_eq!(completes, 0, "complete was sent unannounced"),
            _ => return,
        }
        seen.push(format!("{event:?}").split('(').next().unwrap().to_owned());
    };
    block_on(driver.run(&mut machine, observe, pending()));
    assert_eq!(seen, ["Opened", "Completing"]);
}

#[test]
fn cancelling_drops_the_parts_before_it_aborts() {
    let transport = MemoryTransport::new(|_, _| Put::Hang);
    let in_flight = transport.in_flight.clone();
    let cancel = async move {
        while in_flight.load(SeqCst) < 3 {
            yield_now().await;
        }
    };
    let run = upload(&transport, &MemorySource::new(bytes(5)), cancel);
    assert!(
        matches!(&run.ended.outcome, Outcome::Aborted { remains: Remains::Aborted { .. } }),
        "{:?}",
        run.ended
    );
    assert_eq!(*transport.log.lock().unwrap(), ["initiate", "abort with 0 in flight"]);
    assert_eq!(run.progress.sent(), 0, "what was sent in vain is taken back");
}

#[test]
fn a_part_that_keeps_failing_is_tried_five_times_then_the_upload_is_aborted() {
    let transport = MemoryTransport::new(|path, _| match path {
        "/00002" => Put::Fail(TransportErrorKind::Server),
        _ => Put::Store,
    });
    let run = upload(&transport, &MemorySource::new(bytes(3)), pending());
    let Outcome::Failed { failure, remains: Remains::Aborted { .. } } = &run.ended.outcome else {
        panic!("{:?}", run.ended)
    };
    assert_eq!(failure.to_string(), "sending part 2 of 3 failed after 5 attempts: planted");
    assert_eq!(run.ended.totals.retries, 4);
    assert_eq!(run.events.iter().filter(|event| event.starts_with("Retrying")).count(), 4);
    assert_eq!(transport.log.lock().unwrap().last().unwrap(), "abort with 0 in flight");
}

#[test]
fn a_part_that_fails_twice_is_sent_again_whole() {
    let transport = MemoryTransport::new(|path, attempt| match (path, attempt) {
        ("/00001", ..=2) => Put::Fail(TransportErrorKind::Reset),
        _ => Put::Store,
    });
    let content = bytes(2);
    let run = upload(&transport, &MemorySource::new(content.clone()), pending());
    assert!(matches!(run.ended.outcome, Outcome::Completed(_)), "{:?}", run.ended);
    assert_eq!(run.ended.totals.retries, 2);
    assert_eq!(run.progress.sent(), content.len() as u64);
}

/// A file that gives other bytes than promised.
struct Lying {
    len: u64,
    chunk: Option<Result<Bytes, &'static str>>,
}

impl Source for Lying {
    fn len(&self) -> u64 {
        self.len
    }

    fn open(&self, _: ByteRange) -> BoxStream<'static, Result<Bytes, SourceError>> {
        let chunk = self.chunk.clone().map(|c| c.map_err(|e| SourceError::Io(std::io::Error::other(e))));
        futures::stream::iter(chunk).boxed()
    }
}

#[test]
fn local_trouble_ends_the_upload_under_its_own_name() {
    let long = Bytes::from(vec![0; 20]);
    for (chunk, words) in [
        (Some(Err("disk on fire")), "disk on fire"),
        (Some(Ok(Bytes::from_static(b"abc"))), "7 bytes are missing"),
        (Some(Ok(long)), "it has grown"),
        (None, "10 bytes are missing"),
    ] {
        let transport = MemoryTransport::new(|_, _| Put::Store);
        let run = upload(&transport, &Lying { len: 10, chunk }, pending());
        let Outcome::Failed { failure: Failure::Request { error, attempts: 1, .. }, .. } = &run.ended.outcome
        else {
            panic!("{:?}", run.ended)
        };
        assert_eq!(error.kind, TransportErrorKind::Source);
        assert!(error.to_string().contains(words), "{error}");
        assert!(transport.stored.lock().unwrap().is_empty());
    }
}
