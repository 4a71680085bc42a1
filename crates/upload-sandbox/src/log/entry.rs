use serde::Serialize;

use crate::{Mistake, Operation};

/// Which of the platform's hosts a request went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostKind {
    /// The main API.
    Api,
    /// The CR API.
    Cr,
    /// The object storage.
    Storage,
}

/// One request as the sandbox saw it. It never contains a query, a token or a body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogEntry {
    /// Its place among all requests, by arrival, from 0.
    pub seq: u64,
    /// When its head arrived, in milliseconds since the sandbox started.
    pub at_ms: u64,
    /// Which host it went to.
    pub host: HostKind,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What it asked for.
    pub operation: Operation,
    /// The part, for a PUT of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_number: Option<u32>,
    /// The upload a storage request names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
    /// The names of its headers, in lower case, sorted.
    pub headers: Vec<String>,
    /// Requests in flight when it arrived, itself included.
    pub in_flight: u32,
    /// PUTs of parts in flight when it arrived, itself included.
    pub parts_in_flight: u32,
    /// What was answered; `None` while it runs and where no answer could be given (the client went away, or a
    /// fault swallowed it).
    pub status: Option<u16>,
    /// The platform's or S3's code of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The documented mistake it makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mistake: Option<Mistake>,
    /// The fault it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// Bytes of its body that were read.
    pub bytes: u64,
    /// From its head's arrival to the answer's, in milliseconds; `None` while it runs.
    pub duration_ms: Option<f64>,
}

/// The whole log, as `GET /_sandbox/log` answers it.
#[derive(Clone, Debug, Serialize)]
pub struct LogSnapshot {
    /// Requests forgotten because there were more than the log keeps.
    pub dropped: u64,
    /// The most PUTs of parts that were ever in flight together.
    pub max_parts_in_flight: u32,
    /// The requests, oldest first.
    pub entries: Vec<LogEntry>,
}
