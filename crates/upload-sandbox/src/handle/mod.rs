mod accounts;
mod content;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    Backend, FaultRule, LogEntry, LogSnapshot, Mistake, OpenUpload, SandboxError, SandboxPackage,
    net::Server,
    state::State,
    storage::{BUCKET, object_path},
};

/// A running sandbox. Dropping it stops it without waiting; [`shutdown`](Self::shutdown) waits for its end.
#[derive(Debug)]
pub struct SandboxHandle {
    api_url: String,
    cr_url: String,
    storage_url: String,
    storage_dir: PathBuf,
    ca_cert: Option<PathBuf>,
    state: Arc<State>,
    backend: Backend,
    servers: Vec<Server>,
}

impl SandboxHandle {
    pub(crate) fn new(
        host: &str,
        backend: Backend,
        storage_url: String,
        storage_dir: PathBuf,
        ca_cert: Option<PathBuf>,
        state: Arc<State>,
        servers: Vec<Server>,
    ) -> Self {
        let (api_url, cr_url) = (format!("{host}/api"), format!("{host}/cr/api"));
        Self { api_url, cr_url, storage_url, storage_dir, ca_cert, state, backend, servers }
    }

    /// Puts a package there, in the place of one of the same id.
    pub fn put_package(&self, id: &str, package: SandboxPackage) {
        self.state.packages.put(id, package);
    }

    /// The API's root, `http://127.0.0.1:<port>/api`, or with `https`; `FD_BASE_URL` is this with or without `/v3` after it.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The CR API's root, `http://127.0.0.1:<port>/cr/api`.
    #[must_use]
    pub fn cr_url(&self) -> &str {
        &self.cr_url
    }

    /// The storage's root, where presigned URLs lead.
    #[must_use]
    pub fn storage_url(&self) -> &str {
        &self.storage_url
    }

    /// Where stored objects go.
    #[must_use]
    pub const fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The folder in which stored objects lie, unless an S3 elsewhere keeps them. It stays when the sandbox stops.
    #[must_use]
    pub fn storage_dir(&self) -> &Path {
        &self.storage_dir
    }

    /// The certificate of the authority that was made for this start
    /// ([`SandboxTls::ThrowAway`](crate::SandboxTls::ThrowAway)), as PEM. It goes when the sandbox stops.
    #[must_use]
    pub fn ca_cert(&self) -> Option<&Path> {
        self.ca_cert.as_deref()
    }

    /// The file of one stored object, whether it exists or not; with an S3 elsewhere it never does.
    #[must_use]
    pub fn object_path(&self, key: &str) -> PathBuf {
        object_path(&self.storage_dir.join(BUCKET), key)
    }

    /// The bytes of one stored object, wherever it is kept.
    ///
    /// # Errors
    /// When there is no such object, or the storage cannot be reached.
    pub async fn read_object(&self, key: &str) -> Result<Vec<u8>, SandboxError> {
        let read = self.state.store.read(key).await;
        read.map_err(|error| SandboxError::Object { key: key.to_owned(), message: error.to_string() })
    }

    /// Every request so far (of the last 100,000), by arrival.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.state.log.entries()
    }

    /// The same as `GET /_sandbox/log` answers.
    #[must_use]
    pub fn log_snapshot(&self) -> LogSnapshot {
        self.state.log.snapshot()
    }

    /// The most PUTs of parts that were ever in flight together.
    #[must_use]
    pub fn max_parts_in_flight(&self) -> u32 {
        self.state.log.max_parts_in_flight()
    }

    /// Multipart uploads that were neither completed nor aborted.
    #[must_use]
    pub fn open_uploads(&self) -> Vec<OpenUpload> {
        self.state.uploads.open()
    }

    /// Adds a rule of misbehaviour, after those there are. One that does not pass [`FaultRule::check`], or is about
    /// requests that this sandbox does not see, has no effect.
    pub fn add_fault(&self, rule: FaultRule) {
        if let Err(error) = rule.check_for(&self.backend) {
            tracing::warn!(%error, "a fault that makes no sense was asked for");
            return;
        }
        self.state.faults.add(rule);
    }

    /// Behaves well again.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Stops the servers; open connections get half a second to finish. Answers the uploads that are still open,
    /// each of which is also logged as the mistake it is.
    pub async fn shutdown(self) -> Vec<OpenUpload> {
        for server in self.servers {
            server.stop().await;
        }
        if let Some(ca_cert) = &self.ca_cert {
            std::fs::remove_file(ca_cert).ok();
        }
        if !matches!(self.backend, Backend::BuiltIn) {
            // Made for objects that went elsewhere. Only an empty folder can be removed like this.
            std::fs::remove_dir(&self.storage_dir).ok();
        }
        let open = self.state.uploads.open();
        for upload in &open {
            tracing::warn!(
                mistake = Mistake::UploadLeftOpen.name(),
                upload_id = upload.upload_id,
                object_key = upload.object_key,
                parts = upload.parts,
                "documented mistake: {}",
                Mistake::UploadLeftOpen.remedy()
            );
        }
        open
    }
}
