//! The API's way to its storage: real S3 over HTTP, so that any S3 can stand behind it.

mod bucket;
mod error;
mod objects;
mod sign;
mod uploads;

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use rusty_s3::{Bucket, Credentials};

use super::INTERNAL_HEADER;
use crate::uploads::Uploads;
pub(crate) use error::StoreError;
use error::refused;

/// How long the sandbox's own signed requests are good for.
const OWN_URL_LIFE: Duration = Duration::from_secs(300);

/// A bucket and who may use it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) bucket: Bucket,
    pub(crate) credentials: Credentials,
}

#[derive(Debug)]
pub(crate) struct StorageClient {
    /// Where the sandbox's own requests go.
    store: Site,
    /// What the URLs for clients are made of.
    handed_out: Site,
    url_life: Duration,
    /// Marks own requests, where the storage is the sandbox's own.
    internal: Option<HeaderValue>,
    /// Where uploads are noted, unless the storage does it itself.
    tracked: Option<Arc<Uploads>>,
    /// Whether clients go straight to the storage, so that it has to be asked what they sent.
    is_direct: bool,
    /// Whether objects have sizes and nothing else.
    keeps_no_bytes: bool,
    http: reqwest::Client,
}

impl StorageClient {
    pub(crate) fn new(store: Site, handed_out: Site, url_life: Duration) -> Result<Self, StoreError> {
        let url_life = Duration::from_secs(url_life.as_secs().clamp(1, 7 * 24 * 3600));
        Ok(Self {
            store,
            handed_out,
            url_life,
            internal: None,
            tracked: None,
            is_direct: false,
            keeps_no_bytes: false,
            http: connections()?,
        })
    }

    /// Marks each request with the secret that keeps it out of the log.
    pub(crate) fn internal(mut self, secret: HeaderValue) -> Self {
        self.internal = Some(secret);
        self
    }

    /// Notes what becomes of uploads, for a storage that does not tell.
    pub(crate) fn tracking(mut self, uploads: Arc<Uploads>) -> Self {
        self.tracked = Some(uploads);
        self
    }

    /// Asks the storage which parts it holds, where nobody else sees them come.
    pub(crate) fn direct(mut self) -> Self {
        self.is_direct = true;
        self
    }

    /// Knows that objects cannot be read back.
    pub(crate) fn keeping_no_bytes(mut self) -> Self {
        self.keeps_no_bytes = true;
        self
    }

    /// Whether objects cannot be read back.
    pub(crate) fn keeps_no_bytes(&self) -> bool {
        self.keeps_no_bytes
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, StoreError> {
        let request = match &self.internal {
            Some(secret) => request.header(INTERNAL_HEADER, secret),
            None => request,
        };
        let answer = request.send().await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        Err(refused(status, &answer.text().await?))
    }
}

fn connections() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().http1_only().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}
