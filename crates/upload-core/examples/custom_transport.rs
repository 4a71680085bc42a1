//! The driver with a transport of one's own: here one that keeps everything in memory and refuses the first try of
//! every part, so that retries can be watched. Any executor will do; this one is `futures`' smallest.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use async_trait::async_trait;
use futures::{StreamExt, executor::block_on, future::BoxFuture};
use upload_core::{
    Clock, Driver, Event, MemorySource, MultipartConfig, MultipartUpload, Outcome, PartBody, Progress,
    RetryPolicy, Source, Stored, Transport, TransportError, TransportErrorKind,
    proto::{
        AbortRequest, CompleteRequest, CompleteResponse, ETag, InitiateRequest, InitiateResponse,
        PresignRequest, PresignResponse, PresignedPart, PresignedParts, PresignedUrl, UploadType,
        ValidateRequest, ValidateResponse, s3_limits::MIB,
    },
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let content: Vec<u8> = (0..12 * MIB).map(|i| u8::try_from(i % 251).unwrap_or_default()).collect();
    let source = MemorySource::new(content.clone());
    let transport = InMemory::default();
    let progress = Progress::default();

    let retry = RetryPolicy { base: std::time::Duration::from_millis(20), ..RetryPolicy::default() };
    let config = MultipartConfig { part_size: Some(5 * MIB), retry, seed: 7, ..MultipartConfig::default() };
    let mut upload = MultipartUpload::new("show.csv", "audience_csv".parse()?, source.len(), config)?;

    let driver = Driver { transport: &transport, source: &source, clock: &ThreadClock, progress: &progress };
    let tell = |event: &Event| {
        if let Event::PartStored { part, bytes, attempt, .. } = event {
            println!("part {part}: {bytes} bytes, attempt {attempt}");
        } else if let Event::Retrying { step, wait, reason, .. } = event {
            println!("{step}: {reason}; again in {wait:?}");
        }
    };
    let ended = block_on(driver.run(&mut upload, tell, pending()));

    let Outcome::Completed(completed) = &ended.outcome else { return Err(format!("{ended:?}").into()) };
    let parts = transport.parts.lock().unwrap_or_else(PoisonError::into_inner);
    let stored: Vec<u8> = parts.values().flatten().copied().collect();
    println!("{} of {} bytes, {} retries", completed.object_key, progress.stored(), ended.totals.retries);
    if stored == content { Ok(()) } else { Err("the stored bytes differ".into()) }
}

/// Sleeps on a thread of its own, which is all the runtime there is.
struct ThreadClock;

impl Clock for ThreadClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let (done, wait) = futures::channel::oneshot::channel();
        thread::spawn(move || {
            thread::sleep(deadline.saturating_duration_since(Instant::now()));
            let _ = done.send(());
        });
        Box::pin(async move {
            let _ = wait.await;
        })
    }
}

#[derive(Default)]
struct InMemory {
    parts: Mutex<BTreeMap<String, Vec<u8>>>,
}

fn broken(error: impl std::fmt::Display) -> TransportError {
    TransportError::new(TransportErrorKind::Other, error.to_string())
}

#[async_trait]
impl Transport for InMemory {
    async fn initiate(
        &self,
        _attempt: u32,
        _upload_type: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        let part = |number: u64| {
            Ok(PresignedPart {
                part_number: number.try_into().map_err(broken)?,
                url: format!("http://memory/{number}").parse().map_err(broken)?,
            })
        };
        let parts = (1..=request.part_count.into()).map(part).collect::<Result<_, TransportError>>()?;
        Ok(InitiateResponse {
            upload_id: "in-memory".parse().map_err(broken)?,
            object_key: "show.csv".parse().map_err(broken)?,
            part_size: Some(request.part_size),
            parts: PresignedParts::new(parts),
        })
    }

    async fn presign(
        &self,
        _attempt: u32,
        _upload_type: Option<&UploadType>,
        _request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        Err(TransportError::new(TransportErrorKind::Unsupported, "this transport takes parts only"))
    }

    async fn put_part(
        &self,
        attempt: u32,
        url: &PresignedUrl,
        mut body: PartBody,
    ) -> Result<Stored, TransportError> {
        if attempt == 1 {
            return Err(TransportError::new(TransportErrorKind::Server, "not at the first try"));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk.map_err(broken)?);
        }
        let etag: ETag = format!("{}-bytes", bytes.len()).parse().map_err(broken)?;
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(url.path().to_owned(), bytes);
        Ok(etag.into())
    }

    async fn complete(
        &self,
        _attempt: u32,
        _request: &CompleteRequest,
    ) -> Result<CompleteResponse, TransportError> {
        Ok(CompleteResponse::default())
    }

    async fn validate(
        &self,
        _attempt: u32,
        _upload_type: &UploadType,
        _request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        Ok(ValidateResponse { valid: true, validation_errors: Vec::new() })
    }

    async fn abort(&self, _attempt: u32, _request: &AbortRequest) -> Result<(), TransportError> {
        Ok(())
    }
}
