//! A part on a slow connection among fast ones, in virtual time.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use futures::StreamExt as _;
use tokio::time::{Instant, sleep};
use upload_core::{
    Concurrency, Driver, Event, LimitedTransport, MultipartConfig, MultipartUpload, Outcome, PartBody,
    Progress, Source, SourceError, Stored, Transport, TransportError,
};
use upload_http::TokioClock;
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, ETag, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedPart, PresignedParts, PresignedUrl, UploadType, ValidateRequest,
    ValidateResponse,
};

const MIB: u64 = 1024 * 1024;

/// Bytes that nobody looks at.
struct Zeros(u64);

impl Source for Zeros {
    fn len(&self) -> u64 {
        self.0
    }

    fn open(
        &self,
        range: upload_core::ByteRange,
    ) -> futures::stream::BoxStream<'static, Result<bytes::Bytes, SourceError>> {
        let chunk = bytes::Bytes::from_static(&[0; 65536]);
        let chunks = range.len / 65536;
        futures::stream::iter((0..chunks).map(move |_| Ok(chunk.clone()))).boxed()
    }
}

type Speeds = Box<dyn Fn(&str, u32) -> u64 + Send + Sync>;

/// A storage whose connections have speeds: part and try tell which.
struct Connections {
    bytes_per_second: Speeds,
    puts: Mutex<HashMap<String, Puts>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Puts {
    all: u32,
    now: u32,
}

impl Connections {
    fn new(bytes_per_second: impl Fn(&str, u32) -> u64 + Send + Sync + 'static) -> Self {
        Self { bytes_per_second: Box::new(bytes_per_second), puts: Mutex::default() }
    }

    fn puts(&self) -> MutexGuard<'_, HashMap<String, Puts>> {
        self.puts.lock().unwrap()
    }

    /// How often each part was sent, where that was more than once.
    fn sent_again(&self) -> Vec<(String, u32)> {
        let more = self.puts().iter().map(|(path, puts)| (path.clone(), puts.all)).collect::<Vec<_>>();
        more.into_iter().filter(|(_, all)| *all > 1).collect()
    }
}

struct Leave<'a>(&'a Connections, String);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.puts().get_mut(&self.1).unwrap().now -= 1;
    }
}

#[async_trait]
impl Transport for Connections {
    async fn initiate(
        &self,
        _: u32,
        _: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        let part = |number: u32| PresignedPart {
            part_number: u64::from(number).try_into().unwrap(),
            url: format!("http://storage.test/{number}").parse().unwrap(),
        };
        Ok(InitiateResponse {
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            part_size: None,
            parts: PresignedParts::new((1..=request.part_count).map(part).collect()),
        })
    }

    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        mut body: PartBody,
    ) -> Result<Stored, TransportError> {
        let path = url.path().to_owned();
        {
            let mut puts = self.puts();
            let puts = puts.entry(path.clone()).or_default();
            (puts.all, puts.now) = (puts.all + 1, puts.now + 1);
            assert_eq!(puts.now, 1, "never two at once for one part");
        }
        let _leave = Leave(self, path.clone());
        let speed = (self.bytes_per_second)(&path, attempt);
        while let Some(Ok(chunk)) = body.next().await {
            sleep(Duration::from_secs_f64(chunk.len() as f64 / speed as f64)).await;
        }
        Ok("e".parse::<ETag>().unwrap().into())
    }

    async fn complete(&self, _: u32, _: &CompleteRequest) -> Result<CompleteResponse, TransportError> {
        Ok(CompleteResponse::default())
    }

    async fn validate(
        &self,
        _: u32,
        _: &UploadType,
        _: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        Ok(ValidateResponse { valid: true, validation_errors: Vec::new() })
    }

    async fn abort(&self, _: u32, _: &AbortRequest) -> Result<(), TransportError> {
        panic!("nothing is given up here")
    }

    async fn presign(
        &self,
        _: u32,
        _: Option<&UploadType>,
        _: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        panic!("only multipart uploads here")
    }
}

/// Uploads 64 parts of 8 MiB, eight at once: how long it takes, and why parts were sent again.
async fn upload(connections: &Connections) -> (Duration, Vec<String>) {
    let eight = NonZeroUsize::MIN.saturating_add(7);
    let limited = LimitedTransport::new(connections, &TokioClock, Concurrency::Fixed(eight));
    let source = Zeros(64 * 8 * MIB);
    let config =
        MultipartConfig { part_size: Some(8 * MIB), concurrency: eight, ..MultipartConfig::default() };
    let mut machine = MultipartUpload::new("a", "raw".parse().unwrap(), source.len(), config).unwrap();
    let progress = Progress::default();
    let driver = Driver { transport: &limited, source: &source, clock: &TokioClock, progress: &progress };
    let mut reasons = Vec::new();
    let observe = |event: &Event| {
        if let Event::Retrying { reason, wait, .. } = event {
            assert!(wait.is_zero(), "there is nothing to wait for");
            reasons.push(reason.clone());
        }
    };
    let began = Instant::now();
    let ended = driver.run(&mut machine, observe, std::future::pending()).await;
    assert!(matches!(ended.outcome, Outcome::Completed(_)), "{ended:?}");
    (began.elapsed(), reasons)
}

#[tokio::test(start_paused = true)]
async fn a_slow_part_among_fast_ones_is_sent_again_on_another_connection() {
    // 1 s a part. The 64th, behind which nothing is left to do, would take 100 s.
    let connections = Connections::new(|path, attempt| match (path, attempt) {
        ("/20" | "/64", 1) => 8 * MIB / 100,
        _ => 8 * MIB,
    });
    let (taken, reasons) = upload(&connections).await;
    let mut again = connections.sent_again();
    again.sort();
    assert_eq!(again, [("/20".to_owned(), 2), ("/64".to_owned(), 2)]);
    assert!(reasons.iter().all(|reason| reason.contains("much slower than its peers, which take 1.0 s")));
    assert!(taken < Duration::from_secs(15), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_slow_on_every_connection_is_waited_for_in_the_end() {
    let connections = Connections::new(|path, _| if path == "/20" { 8 * MIB / 100 } else { 8 * MIB });
    upload(&connections).await;
    assert_eq!(connections.sent_again(), [("/20".to_owned(), 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_gets_ten_times_slower_for_all_makes_no_part_a_straggler() {
    let began = Instant::now();
    let connections = Connections::new(move |_, _| match began.elapsed() < Duration::from_secs(4) {
        true => 8 * MIB,
        false => 8 * MIB / 10,
    });
    upload(&connections).await;
    assert_eq!(connections.sent_again(), []);
}
