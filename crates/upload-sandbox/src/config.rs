use std::{path::PathBuf, time::Duration};

use crate::{Account, Backend, Budgets, FaultRule, Link, SandboxTls};

/// How a sandbox is set up. Every field has a default: `SandboxConfig { api_port: 8080, ..Default::default() }`.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Where objects of the built-in storage lie. `None` makes a fresh folder under the system's temporary one, which is **kept**
    /// when the sandbox stops, so that the objects can be looked at.
    pub storage_dir: Option<PathBuf>,
    /// Where stored objects go: into that folder, or to an S3 elsewhere.
    pub backend: Backend,
    /// The API's port on 127.0.0.1; 0 takes any free one.
    pub api_port: u16,
    /// The storage's port on 127.0.0.1; 0 takes any free one.
    pub storage_port: u16,
    /// Encrypts both ports; `None` leaves them open.
    pub tls: Option<SandboxTls>,
    /// The network between clients and the storage's port.
    pub link: Link,
    /// How long presigned URLs live: whole seconds, from 1 s to S3's 7 days; others are moved into that range.
    pub url_life: Duration,
    /// Who can sign in, and for how long.
    pub account: Account,
    /// By how many seconds its clock is ahead, or behind where negative: what the `Date` header and the claims of
    /// tokens say. Presigned URLs are not affected.
    pub clock_skew: i64,
    /// How many requests there may be; `None` counts none.
    pub budgets: Option<Budgets>,
    /// The largest body of a bulk ingest, in bytes; 16 MiB by default (assumed: the platform's own is not public).
    pub ingest_limit: usize,
    /// How initiate and presign answer.
    pub answer: AnswerShape,
    /// How it misbehaves from the start on; see also [`SandboxHandle::add_fault`](crate::SandboxHandle::add_fault).
    pub faults: Vec<FaultRule>,
    /// Decides which requests a rule with a probability hits, and which connections are slow: the same seed, the same
    /// faults.
    pub fault_seed: u64,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            storage_dir: None,
            backend: Backend::BuiltIn,
            api_port: 0,
            storage_port: 0,
            tls: None,
            link: Link::default(),
            url_life: Duration::from_secs(3600),
            account: Account::default(),
            clock_skew: 0,
            budgets: None,
            ingest_limit: 16 * 1024 * 1024,
            answer: AnswerShape::default(),
            faults: Vec::new(),
            fault_seed: 0,
        }
    }
}

/// How initiate and presign answer: what a tolerant client must cope with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerShape {
    /// How the fields are spelled.
    pub dialect: Dialect,
    /// Which part size initiate answers.
    pub part_size: AnsweredPartSize,
    /// How many URLs initiate hands out, whatever was asked for, 1 to 10,000; `None` hands out what the answered
    /// part size needs.
    pub url_count: Option<u32>,
}

/// How the fields of an answer are spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `{"upload_id", "object_key", "part_size", "parts": [{"part_number", "url"}]}`
    #[default]
    Canonical,
    /// `{"uploadId", "objectKey", "partSize", "parts": [{"partNumber", "url"}]}`
    CamelCase,
    /// `{"upload_id", "object_key", "part_size", "urls": ["https://…"]}`
    BareUrls,
    /// `{"UploadId", "key", "part_size", "presigned_urls": [{"PartNumber", "presigned_url"}]}`, last part first.
    PresignedUrls,
}

/// Which part size initiate answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnsweredPartSize {
    /// The one the client asked for.
    #[default]
    AsAsked,
    /// This many bytes, whatever was asked for (not checked against S3's limits: a server may be wrong).
    Fixed(u64),
    /// None: the field is left out, and the URLs fit the size asked for.
    Omitted,
}
