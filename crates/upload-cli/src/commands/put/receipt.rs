use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::SystemTime,
};

use serde::Serialize;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use upload_core::{Checkpoint, Event, SourceError};
use upload_http::FileSource;

use crate::{
    error::{CliError, ErrorKind},
    output::{FileResult, Findings},
};

/// Where receipts are written: one JSON object a line, one line a completed file, behind what the file has already.
pub(super) struct Receipts {
    path: PathBuf,
    file: Mutex<File>,
    /// What is sent is compared with the ETags that come back.
    pub(super) verify: bool,
}

impl Receipts {
    /// Opens the file, so that it is known to be writable before anything is sent.
    ///
    /// # Errors
    /// When it cannot be made or written to.
    pub(super) fn open(path: &Path, verify: bool) -> Result<Self, CliError> {
        let opened = OpenOptions::new().append(true).create(true).open(path);
        let file = opened.map_err(|error| {
            CliError::io("writing the receipts to", path, &error).hint("name another file with --receipt")
        })?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), verify })
    }

    /// Writes a receipt; it is on the disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written. The object exists all the same, which the error says.
    pub(super) fn write(&self, receipt: &Receipt<'_>) -> Result<(), CliError> {
        let written = serde_json::to_string(receipt).map_err(io::Error::other).and_then(|line| {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            // In one piece, so that several processes can share the file.
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_data()
        });
        written.map_err(|error| {
            let message = format!(
                "{} is stored as {}, but its receipt cannot be written to {}: {error}",
                receipt.file,
                receipt.object_key,
                self.path.display()
            );
            CliError::new(ErrorKind::LocalFile, message)
                .hint("make room there; the object needs no other upload")
        })
    }
}

/// What was sent, and what the storage said to it.
#[derive(Debug, Serialize)]
pub(super) struct Receipt<'a> {
    file: &'a str,
    name: &'a str,
    bytes: u64,
    /// SHA-256 of the whole file, in hex; `None` where it changed once it had been sent.
    sha256: Option<&'a str>,
    object_key: &'a str,
    upload_id: Option<&'a str>,
    etag: Option<&'a str>,
    /// Whether every part's ETag was compared with the MD5 of what was sent, in this run.
    etags_verified: bool,
    validation: Option<&'a Findings>,
    completed_at: String,
    parts: &'a [PartReceipt],
}

/// One part of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PartReceipt {
    part_number: u32,
    offset: u64,
    bytes: u64,
    etag: String,
    /// The tries it took; `None` for a part that an earlier run sent.
    attempts: Option<u32>,
    /// The storage's id of the request that stored it; `None` for a part of an earlier run, and where it gave none.
    request_id: Option<String>,
}

/// The parts that are stored, gathered from an upload's events.
#[derive(Debug, Default)]
pub(super) struct StoredParts(Vec<PartReceipt>);

impl StoredParts {
    pub(super) fn observe(&mut self, event: &Event) {
        match event {
            Event::Opened(checkpoint) => self.0 = of_earlier_runs(checkpoint),
            Event::PartStored { part, bytes, attempt, etag, request_id } => self.0.push(PartReceipt {
                part_number: part.get(),
                offset: 0,
                bytes: *bytes,
                etag: etag.as_str().to_owned(),
                attempts: Some(*attempt),
                request_id: request_id.clone(),
            }),
            _ => {}
        }
    }

    /// In order, each with its place in the file: parts lie one behind the other.
    fn in_order(mut self) -> Vec<PartReceipt> {
        self.0.sort_by_key(|part| part.part_number);
        let mut offset = 0;
        for part in &mut self.0 {
            part.offset = offset;
            offset += part.bytes;
        }
        self.0
    }
}

fn of_earlier_runs(checkpoint: &Checkpoint) -> Vec<PartReceipt> {
    let parts = checkpoint.plan.part_numbers().zip(&checkpoint.etags);
    let stored = parts.filter_map(|(part, etag)| {
        Some(PartReceipt {
            part_number: part.get(),
            offset: 0,
            bytes: checkpoint.plan.range(part).len,
            etag: etag.as_ref()?.as_str().to_owned(),
            attempts: None,
            request_id: None,
        })
    });
    stored.collect()
}

/// The SHA-256 of a file, computed while it is being sent. Dropping it stops the reading.
pub(super) struct Digest {
    reading: JoinHandle<Result<String, SourceError>>,
    goes_on: Arc<AtomicBool>,
}

impl Digest {
    pub(super) fn begin(source: FileSource) -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        let watched = goes_on.clone();
        let reading = tokio::task::spawn_blocking(move || source.sha256(|_| watched.load(Relaxed)));
        Self { reading, goes_on }
    }

    /// What it comes to.
    ///
    /// # Errors
    /// When the file could not be read, is not what it was when its upload began, or nobody wants to wait for it.
    async fn end(mut self, cancel: &CancellationToken) -> Result<String, SourceError> {
        tokio::select! {
            joined = &mut self.reading => {
                joined.unwrap_or_else(|error| Err(SourceError::Io(io::Error::other(error))))
            }
            () = cancel.cancelled() => Err(SourceError::Io(io::Error::other("it was cancelled"))),
        }
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        self.goes_on.store(false, Relaxed);
    }
}

/// Writes the receipt of an upload that has come to an object, and notes the digest in its result. Answers a warning where
/// there is no digest.
///
/// # Errors
/// When the receipt cannot be written.
pub(super) async fn give(
    receipts: &Receipts,
    name: &str,
    (digest, cancel): (Digest, &CancellationToken),
    parts: StoredParts,
    compared: bool,
    result: &mut FileResult,
) -> Result<Option<String>, CliError> {
    let Some(object_key) = result.object_key.as_deref() else { return Ok(None) };
    let (sha256, warning) = match digest.end(cancel).await {
        Ok(digest) => (Some(digest), None),
        Err(error) => (None, Some(format!("the receipt has no SHA-256 of what was sent: {error}"))),
    };
    let parts = parts.in_order();
    let receipt = Receipt {
        file: &result.file,
        name,
        bytes: result.bytes.unwrap_or_default(),
        sha256: sha256.as_deref(),
        object_key,
        upload_id: result.upload_id.as_deref(),
        etag: result.etag.as_deref(),
        etags_verified: receipts.verify && compared && parts.iter().all(|part| part.attempts.is_some()),
        validation: result.validation.as_ref(),
        completed_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        parts: &parts,
    };
    receipts.write(&receipt)?;
    result.sha256 = sha256;
    Ok(warning)
}
