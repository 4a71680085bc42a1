use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    SandboxConfig, SandboxError, SandboxHandle,
    accounts::Accounts,
    api,
    budget::Budget,
    canned::CannedAnswers,
    clock::Clock,
    fault::Faults,
    ingest::Ingested,
    log::RequestLog,
    net::{Server, SharedLink, Tls, Wire},
    packages::Packages,
    received::ReceivedFiles,
    state::State,
    storage::{self, Surroundings},
    uploads::Uploads,
};

/// Starts sandboxes.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Opens the API and the storage on loopback. They run as tasks of the current tokio runtime until
    /// [`SandboxHandle::shutdown`], or until the handle is dropped.
    ///
    /// # Errors
    /// When the folder for objects cannot be used or a port cannot be opened; see [`SandboxError`].
    pub async fn start(config: SandboxConfig) -> Result<SandboxHandle, SandboxError> {
        config.faults.iter().try_for_each(|rule| rule.check_for(&config.backend))?;
        let root = storage_root(config.storage_dir)?;
        let tls = config.tls.map(|kind| Tls::open(&kind, &root)).transpose()?;
        let ca_cert = tls.as_ref().and_then(|tls| tls.ca_file.clone());
        let wire = Wire { tls, link: None };
        let (api_listener, host) = wire.bind(config.api_port).await?;
        let clock = Clock::skewed(config.clock_skew);
        let accounts = Accounts::new(config.account, clock)?;
        let log = RequestLog::new();
        let faults = Arc::new(Faults::new(config.fault_seed, config.faults));
        let uploads = Arc::new(Uploads::default());
        let link = config.link.is_in_force().then(|| SharedLink::new(config.link, config.fault_seed));
        let surroundings = Surroundings {
            root: &root,
            port: config.storage_port,
            wire: &Wire { link, ..wire.clone() },
            clock,
            url_life: config.url_life,
            log: &log,
            faults: &faults,
            uploads: &uploads,
        };
        let storage = storage::open(&config.backend, surroundings).await?;

        let store = Arc::clone(&storage.client);
        let state = Arc::new(State {
            accounts,
            budget: Budget::new(config.budgets),
            packages: Packages::new(),
            host: host.clone(),
            answer: config.answer,
            store,
            log,
            faults,
            canned: CannedAnswers::default(),
            files: ReceivedFiles::new(&root),
            ingested: Ingested::new(&root),
            ingest_limit: config.ingest_limit,
            uploads,
        });
        let (router, log) = (api::router(Arc::clone(&state)), Arc::clone(&state.log));
        let api = Server::start(api_listener, wire, clock, move |request| {
            api::answer(router.clone(), Arc::clone(&log), request)
        });
        Ok(SandboxHandle::new(
            &host,
            config.backend,
            storage.url,
            root,
            ca_cert,
            state,
            // The API first: it needs the storage to finish what it is doing.
            std::iter::once(api).chain(storage.servers).collect(),
        ))
    }
}

fn storage_root(wanted: Option<PathBuf>) -> Result<PathBuf, SandboxError> {
    let made = match &wanted {
        Some(path) => std::fs::create_dir_all(path).map(|()| path.clone()),
        None => fresh_folder(),
    };
    made.and_then(|path: PathBuf| Path::canonicalize(&path)).map_err(|source| SandboxError::StorageDir {
        path: wanted.unwrap_or_else(std::env::temp_dir),
        source,
    })
}

/// A folder for its owner alone: people try the sandbox with real files.
fn fresh_folder() -> std::io::Result<PathBuf> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("upload-sandbox-");
    #[cfg(unix)]
    folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    folder.tempdir().map(tempfile::TempDir::keep)
}

/// Letters and digits that nobody can guess in a test's lifetime; on loopback no more is asked for.
pub(crate) fn random_text(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(length).collect()
}

/// So many hexadecimal digits.
pub(crate) fn random_hex(length: usize) -> String {
    std::iter::repeat_with(|| fastrand::digit(16)).take(length).collect()
}

/// An id for one request.
pub(crate) fn request_id() -> String {
    format!("{:016X}", fastrand::u64(..))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_can_look_into_a_fresh_folder() {
        let folder = fresh_folder().unwrap();
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&folder).unwrap().permissions());
        std::fs::remove_dir(&folder).unwrap();
        assert_eq!(mode & 0o777, 0o700);
    }
}
