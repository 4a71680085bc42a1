//! What an upload of ten thousand parts costs beside its bytes: the plan, the answer with its URLs, the machine, and the journal
//! on the disk. Nothing is sent; each request is answered at once.
//!
//! `cargo run --release -p upload-http --example ten_thousand_parts [TOKEN_LENGTH]`, where the length is that of the session
//! token in each URL: some 400 characters where the platform signs with temporary credentials, none otherwise.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use upload_core::{
    Event, Machine, MultipartConfig, MultipartUpload, Operation, Response,
    proto::{
        CompleteResponse, ETag, InitiateResponse, ValidateResponse,
        s3_limits::{MAX_PARTS, MIB},
    },
};
use upload_http::FileJournal;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let token = std::env::args().nth(1).map_or(Ok(0), |length| length.parse())?;
    let answer = platform_answer(token)?;
    let etag: ETag = "\"9b2cf535f27731c974343645a3985328\"".parse()?;

    let mut journalling = Duration::ZERO;
    let mut opening = Duration::ZERO;
    let mut journal = None;
    let began = Instant::now();
    let mut machine = MultipartUpload::new(
        "audience.csv",
        "audience_csv".parse()?,
        u64::from(MAX_PARTS) * 8 * MIB,
        MultipartConfig::default(),
    )?;
    let outcome = loop {
        while let Some(event) = machine.poll_event() {
            let now = Instant::now();
            match event {
                Event::Ended(ended) => {
                    if let Some(journal) = journal.take() {
                        FileJournal::settle(journal, &ended.outcome)?;
                    }
                }
                Event::Opened(checkpoint) => {
                    let path = folder.path().join("session");
                    let platform = ("https://platform.example/api", "partner");
                    journal = Some(FileJournal::create(path, platform, None, &checkpoint)?);
                    opening += now.elapsed();
                    continue;
                }
                event => journal.as_mut().map_or(Ok(()), |journal| journal.observe(&event))?,
            }
            journalling += now.elapsed();
        }
        let Some(request) = machine.poll_request(Instant::now()) else { break began.elapsed() };
        let response = match request.operation {
            Operation::Initiate { .. } => {
                Response::Initiated(serde_json::from_str::<InitiateResponse>(&answer)?)
            }
            Operation::PutPart { .. } => Response::Stored(etag.clone().into()),
            Operation::Complete(complete) => Response::Completed(CompleteResponse {
                object_key: Some(complete.object_key),
                etag: None,
                validation_errors: Vec::new(),
            }),
            Operation::Validate { .. } => {
                Response::Validated(ValidateResponse { valid: true, validation_errors: Vec::new() })
            }
            other => return Err(format!("nobody asked for {other:?}").into()),
        };
        machine.handle_response(Instant::now(), request.id, Ok(response))?;
    };
    let rest = outcome - opening - journalling;
    println!("{MAX_PARTS} parts, {:.1} MB of URLs:", megabytes(&answer));
    println!("{:8.1} ms  planning, reading the platform's answer, deciding what is sent", millis(rest));
    println!("{:8.1} ms  the journal's first line, on the disk", millis(opening));
    println!("{:8.1} ms  a line for each part, and the end", millis(journalling));
    println!("{:8.1} ms  in all", millis(outcome));
    Ok(())
}

/// Ten thousand presigned URLs of the length that S3's have.
fn platform_answer(token: usize) -> Result<String, std::fmt::Error> {
    let token = match token {
        0 => String::new(),
        length => format!("&X-Amz-Security-Token={}", "t".repeat(length)),
    };
    let mut text = String::from(r#"{"upload_id":"2~abc","object_key":"uploads/audience.csv","parts":["#);
    for part in 1..=MAX_PARTS {
        let comma = if part > 1 { "," } else { "" };
        write!(
            text,
            r#"{comma}{{"part_number":{part},"url":"https://bucket.s3.eu-central-1.example/uploads/audience.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261125%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20261125T000000Z&X-Amz-Expires=86400{token}&X-Amz-SignedHeaders=host&partNumber={part}&uploadId=2~abc&X-Amz-Signature={part:064x}"}}"#
        )?;
    }
    text.push_str("]}");
    Ok(text)
}

#[allow(clippy::cast_precision_loss, reason = "told with one digit")]
fn megabytes(text: &str) -> f64 {
    text.len() as f64 / 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
