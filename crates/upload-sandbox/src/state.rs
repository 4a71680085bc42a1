use std::sync::Arc;

use upload_proto::{AccessToken, PartnerId};

use crate::{AnswerShape, fault::Faults, log::RequestLog, storage::StorageClient, uploads::Uploads};

/// What every request to the API can see.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) token: AccessToken,
    pub(crate) partner: PartnerId,
    pub(crate) answer: AnswerShape,
    pub(crate) store: StorageClient,
    pub(crate) log: Arc<RequestLog>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) uploads: Arc<Uploads>,
}
