use std::sync::Arc;

use crate::{
    AnswerShape, accounts::Accounts, budget::Budget, canned::CannedAnswers, fault::Faults, ingest::Ingested,
    log::RequestLog, packages::Packages, received::ReceivedFiles, storage::StorageClient, uploads::Uploads,
};

/// What every request to the API can see.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) accounts: Accounts,
    pub(crate) budget: Budget,
    pub(crate) packages: Packages,
    /// The API's scheme, address and port.
    pub(crate) host: String,
    pub(crate) answer: AnswerShape,
    pub(crate) store: Arc<StorageClient>,
    pub(crate) log: Arc<RequestLog>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) canned: CannedAnswers,
    pub(crate) files: ReceivedFiles,
    pub(crate) ingested: Ingested,
    /// The largest body of an ingest, in bytes.
    pub(crate) ingest_limit: usize,
    pub(crate) uploads: Arc<Uploads>,
}
