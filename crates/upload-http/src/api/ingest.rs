//! Bulk ingest as JSON.

use std::time::Duration;

use bytes::Bytes;
use upload_core::TransportError;
use upload_proto::IngestKind;

use super::{
    ApiClient,
    call::{Body, Call},
};

/// How long the answer may take, at the least: the platform works a whole batch in before it answers.
const PROCESSING_ALLOWANCE: Duration = Duration::from_secs(120);

impl ApiClient {
    /// Sends one body, JSON in the kind's shape ([`IngestKind::shape`]), as it is.
    ///
    /// # Errors
    /// When the platform refuses it, also inside a success; [`TransportError::findings`] has what it names. Otherwise
    /// when no usable answer comes; whether the body was worked in, `leaves_outcome_unknown` of the kind tells.
    pub async fn ingest(&self, attempt: u32, kind: IngestKind, body: Bytes) -> Result<(), TransportError> {
        let call = self.call(kind.endpoint(), attempt);
        let allowance = call.allowance.max(PROCESSING_ALLOWANCE);
        let answer = self.0.send(Call { body: Body::Json(body), allowance, ..call }).await?;
        answer.refuse_html()?;
        answer.refuse_validation_errors()
    }
}
