//! An upload that is written down while it runs, dies, and is gone on with: `cargo run -p upload-http --example resume`.
//!
//! The platform stands in this file, so that nothing is needed to run it; with `HttpTransport` in its place, the rest stays
//! as it is.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    error::Error,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    time::SystemTime,
};

use async_trait::async_trait;
use futures::StreamExt as _;
use tokio::sync::Notify;
use upload_core::{
    Driver, Event, MultipartConfig, MultipartUpload, Outcome, PartBody, Progress, Prospect, Source as _,
    Stored, Transport, TransportError, TransportErrorKind,
};
use upload_http::{FileJournal, FileSource, ReadJournalError, TokioClock};
use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, ETag, InitiateRequest, InitiateResponse, PresignRequest,
    PresignResponse, PresignedPart, PresignedParts, PresignedUrl, UploadType, ValidateRequest,
    ValidateResponse,
};

const MIB: usize = 1024 * 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (file, journal) = (folder.path().join("a.bin"), folder.path().join("a.journal"));
    std::fs::write(&file, vec![7; 20 * MIB])?;
    let platform = Platform::default();

    // The first process: dropping the future stands for its death, with two parts stored and two to go.
    tokio::select! {
        ended = put(&file, &journal, &platform) => return Err(format!("it was to die: {ended:?}").into()),
        () = platform.third_part.notified() => println!("the process dies"),
    }

    // The second one finds the journal.
    let outcome = put(&file, &journal, &platform).await?;
    assert!(matches!(outcome, Outcome::Completed(_)), "{outcome:?}");
    assert!(!journal.exists(), "what is over is not remembered");
    assert_eq!(platform.puts.load(Relaxed), 4, "no part was sent twice");
    Ok(())
}

/// Uploads a file, from where its journal says it has come to.
async fn put(path: &Path, journal: &Path, transport: &dyn Transport) -> Result<Outcome, Box<dyn Error>> {
    let source = FileSource::open(path)?;
    let identity = source.identity()?;
    // One part at a time, so that the example runs the same way each time.
    let config = MultipartConfig {
        part_size: Some(5 * MIB as u64),
        concurrency: std::num::NonZeroUsize::MIN,
        ..MultipartConfig::default()
    };
    let (mut machine, mut kept) = match FileJournal::read(journal) {
        Ok(found) => {
            let prospect = found.prospect(identity.as_ref(), SystemTime::now());
            if prospect != Prospect::Open {
                return Err(
                    format!("abort the upload by its checkpoint, and begin anew: {prospect:?}").into()
                );
            }
            let kept = FileJournal::go_on(journal, &found)?;
            (MultipartUpload::resume(found.checkpoint, config)?, Some(kept))
        }
        Err(ReadJournalError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            (MultipartUpload::new("a.bin", "raw".parse()?, source.len(), config)?, None)
        }
        Err(error) => return Err(error.into()),
    };
    let mut trouble = None;
    let observe = |event: &Event| {
        println!("{event:?}");
        let written = match (event, &mut kept) {
            // The upload id is on the disk before the first part is sent.
            (Event::Opened(checkpoint), None) => {
                let place = ("https://api.example.com/api", "fd1");
                FileJournal::create(journal, place, identity.clone(), checkpoint).map(|new| kept = Some(new))
            }
            (event, Some(journal)) => journal.observe(event),
            (_, None) => Ok(()),
        };
        trouble = trouble.take().or(written.err());
    };
    let progress = Progress::default();
    let driver = Driver { transport, source: &source, clock: &TokioClock, progress: &progress };
    let ended = driver.run(&mut machine, observe, std::future::pending()).await;
    if let Some(error) = trouble {
        return Err(error.into());
    }
    // Where something may be open on the platform, the journal stays; see docs/embedding.md.
    if let Some(journal) = kept {
        journal.settle(&ended.outcome)?;
    }
    Ok(ended.outcome)
}

/// A platform that only counts. The first PUT of a third part is never answered.
#[derive(Default)]
struct Platform {
    puts: AtomicUsize,
    third_part: Notify,
    has_waited: AtomicBool,
}

fn unused<T>(what: &str) -> Result<T, TransportError> {
    Err(TransportError::new(TransportErrorKind::Other, format!("{what} does not happen here")))
}

#[async_trait]
impl Transport for Platform {
    async fn initiate(
        &self,
        _attempt: u32,
        _kind: &UploadType,
        request: &InitiateRequest,
    ) -> Result<InitiateResponse, TransportError> {
        let malformed = |error: &dyn std::fmt::Display| {
            TransportError::new(TransportErrorKind::BadAnswer, error.to_string())
        };
        let parts = (1..=u64::from(request.part_count)).map(|number| {
            let url = format!("https://storage.example.com/{number}").parse();
            Ok(PresignedPart {
                part_number: number.try_into().map_err(|error| malformed(&error))?,
                url: url.map_err(|error| malformed(&error))?,
            })
        });
        Ok(InitiateResponse {
            upload_id: "u-1".parse().map_err(|error| malformed(&error))?,
            object_key: "in/a.bin".parse().map_err(|error| malformed(&error))?,
            part_size: None,
            parts: PresignedParts::new(parts.collect::<Result<_, TransportError>>()?),
        })
    }

    async fn put_part(&self, _: u32, _: &PresignedUrl, mut body: PartBody) -> Result<Stored, TransportError> {
        if self.puts.load(Relaxed) == 2 && !self.has_waited.swap(true, Relaxed) {
            self.third_part.notify_one();
            std::future::pending::<()>().await;
        }
        while let Some(chunk) = body.next().await {
            chunk.map_err(|error| TransportError::new(TransportErrorKind::Source, error.to_string()))?;
        }
        self.puts.fetch_add(1, Relaxed);
        "0cc175b9".parse::<ETag>().map(Stored::from).or_else(|_| unused("a malformed ETag"))
    }

    async fn complete(&self, _: u32, _: &CompleteRequest) -> Result<CompleteResponse, TransportError> {
        Ok(CompleteResponse::default())
    }

    async fn validate(
        &self,
        _attempt: u32,
        _kind: &UploadType,
        _request: &ValidateRequest,
    ) -> Result<ValidateResponse, TransportError> {
        Ok(ValidateResponse { valid: true, validation_errors: Vec::new() })
    }

    async fn abort(&self, _: u32, _: &AbortRequest) -> Result<(), TransportError> {
        Ok(())
    }

    async fn presign(
        &self,
        _attempt: u32,
        _kind: Option<&UploadType>,
        _request: &PresignRequest,
    ) -> Result<PresignResponse, TransportError> {
        unused("a single PUT")
    }
}
