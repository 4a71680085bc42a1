//! The upload machine driven by blocking I/O: no async runtime, no HTTP library, one thread a part.
//!
//! The "platform" is a folder: initiate makes it, a part is a file in it, complete puts the parts together. Put your
//! own HTTP stack in place of `carry_out`, and the rest stays as it is.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use upload_core::{
    ByteRange, Event, Machine, MultipartConfig, MultipartUpload, Operation, Outcome, RequestId, Response,
    TransportError, TransportErrorKind,
    proto::{
        CompleteResponse, ETag, InitiateResponse, PresignedPart, PresignedParts, ValidateResponse,
        s3_limits::MIB,
    },
};

type Answer = (RequestId, Result<Response, TransportError>);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("upload-blocking-example-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let file = folder.join("audience.csv");
    fs::write(&file, "id,city\n".repeat(3 * 1024 * 1024))?;

    let config = MultipartConfig {
        part_size: Some(5 * MIB),
        concurrency: NonZeroUsize::MIN.saturating_add(1),
        ..MultipartConfig::default()
    };
    let size = fs::metadata(&file)?.len();
    let mut machine = MultipartUpload::new("audience.csv", "audience_csv".parse()?, size, config)?;
    let outcome = drive(&mut machine, &file, &folder)?;

    let Outcome::Completed(completed) = outcome else { return Err(format!("{outcome:?}").into()) };
    let same = fs::read(folder.join(completed.object_key.as_str()))? == fs::read(&file)?;
    println!("{} arrived in {} parts, byte by byte the same: {same}", completed.object_key, completed.parts);
    fs::remove_dir_all(&folder)?;
    if same { Ok(()) } else { Err("the stored bytes differ".into()) }
}

/// The whole of driving a machine: cancels, events, requests, then wait for an answer or for time to pass.
fn drive(machine: &mut MultipartUpload, file: &Path, folder: &Path) -> io::Result<Outcome> {
    let (answers, inbox) = mpsc::channel::<Answer>();
    let mut workers: HashMap<RequestId, thread::JoinHandle<()>> = HashMap::new();
    loop {
        // A thread cannot be stopped from outside, so a cancelled part is waited for before anything further goes out.
        while let Some(id) = machine.poll_cancel() {
            workers.remove(&id).map(thread::JoinHandle::join);
        }
        while let Some(event) = machine.poll_event() {
            match event {
                Event::Ended(ended) => return Ok(ended.outcome),
                event => println!("{event:?}"),
            }
        }
        while let Some(request) = machine.poll_request(Instant::now()) {
            let (id, answers) = (request.id, answers.clone());
            let (file, folder) = (file.to_owned(), folder.to_owned());
            let work = move || {
                let _ = answers.send((id, carry_out(&request.operation, &file, &folder)));
            };
            workers.insert(id, thread::spawn(work));
        }
        let patience = machine.poll_timeout().map(|at| at.saturating_duration_since(Instant::now()));
        match inbox.recv_timeout(patience.unwrap_or(Duration::from_secs(3600))) {
            Ok((id, result)) => {
                workers.remove(&id);
                machine.handle_response(Instant::now(), id, result).map_err(io::Error::other)?;
            }
            Err(_) => machine.handle_timeout(Instant::now()),
        }
    }
}

fn carry_out(operation: &Operation, file: &Path, folder: &Path) -> Result<Response, TransportError> {
    let failed = |error: io::Error| TransportError::new(TransportErrorKind::Other, error.to_string());
    match operation {
        Operation::Initiate { request, .. } => initiate(request.part_count).map_err(failed),
        Operation::PutPart { part, range, .. } => {
            let etag = store(file, *range, &part_path(folder, part.get())).map_err(failed)?;
            let etag: ETag = etag.parse().map_err(io::Error::other).map_err(failed)?;
            Ok(Response::Stored(etag.into()))
        }
        Operation::Complete(request) => {
            let mut object = File::create(folder.join(request.object_key.as_str())).map_err(failed)?;
            for part in &request.parts {
                let bytes = fs::read(part_path(folder, part.part_number.get())).map_err(failed)?;
                object.write_all(&bytes).map_err(failed)?;
            }
            Ok(Response::Completed(CompleteResponse::default()))
        }
        Operation::Validate { .. } => {
            Ok(Response::Validated(ValidateResponse { valid: true, validation_errors: Vec::new() }))
        }
        Operation::Abort(_) => Ok(Response::Aborted),
        Operation::Presign { .. } => {
            Err(TransportError::new(TransportErrorKind::Unsupported, "this platform takes parts only"))
        }
    }
}

fn initiate(part_count: u32) -> io::Result<Response> {
    let part = |number: u64| -> io::Result<PresignedPart> {
        Ok(PresignedPart {
            part_number: number.try_into().map_err(io::Error::other)?,
            url: format!("http://folder/part-{number}").parse().map_err(io::Error::other)?,
        })
    };
    Ok(Response::Initiated(InitiateResponse {
        upload_id: "example".parse().map_err(io::Error::other)?,
        object_key: "stored-audience.csv".parse().map_err(io::Error::other)?,
        part_size: None,
        parts: PresignedParts::new((1..=part_count.into()).map(part).collect::<io::Result<_>>()?),
    }))
}

fn store(file: &Path, range: ByteRange, target: &Path) -> io::Result<String> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(range.offset))?;
    let copied = io::copy(&mut file.take(range.len), &mut File::create(target)?)?;
    Ok(format!("{}-{copied}", range.offset))
}

fn part_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("part-{number:05}"))
}
