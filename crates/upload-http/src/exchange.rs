use std::time::Instant;

use upload_core::{TransportError, TransportErrorKind};

/// Which client a request belongs to, and so which target it is logged under.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Family {
    Api,
    Storage,
}

/// One request on its way, for the log: it is logged once, when it ends, also when it is dropped.
///
/// Host and path come without a query, and errors never hold a secret, so nothing here can print one.
#[derive(Debug)]
pub(crate) struct Exchange {
    family: Family,
    method: &'static str,
    host: String,
    path: String,
    attempt: u32,
    began: Instant,
    logged: bool,
}

/// What an answer says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
}

macro_rules! emit {
    ($family:expr, $($args:tt)+) => {
        match $family {
            Family::Api => tracing::debug!(target: "upload_http::api", $($args)+),
            Family::Storage => tracing::debug!(target: "upload_http::storage", $($args)+),
        }
    };
}

impl Exchange {
    pub(crate) fn begin(
        family: Family,
        method: &'static str,
        host: impl Into<String>,
        path: impl Into<String>,
        attempt: u32,
    ) -> Self {
        let (host, path) = (host.into(), path.into());
        Self { family, method, host, path, attempt, began: Instant::now(), logged: false }
    }

    /// The host, with its port where one is given.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn succeeded(mut self, answered: &Answered) {
        self.logged = true;
        let Self { family, method, host, path, attempt, .. } = &self;
        let (status, request_id) = (answered.status, answered.request_id.as_deref());
        emit!(family, method, %host, %path, attempt, status, request_id, ms = self.milliseconds(), "answered");
    }

    pub(crate) fn failed(mut self, error: &TransportError) {
        self.logged = true;
        let Self { family, method, host, path, attempt, .. } = &self;
        let TransportError { kind, status, code, request_id, .. } = error;
        let (kind, code, request_id) =
            (TransportErrorKind::name(*kind), code.as_deref(), request_id.as_deref());
        let (ms, message) = (self.milliseconds(), error.message.as_str());
        emit!(family, method, %host, %path, attempt, status, request_id, ms, kind, code, error = message, "failed");
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.logged {
            let Self { family, method, host, path, attempt, .. } = &*self;
            emit!(family, method, %host, %path, attempt, ms = self.milliseconds(), "cancelled");
        }
    }
}
