//! Files in one request each: media, sales workbooks, event workbooks.

use std::time::Duration;

use upload_core::TransportError;
use upload_proto::{BulkUploadOutcome, Endpoint, EventType, MediaAsset};

use super::{
    ApiClient, FormFile,
    call::{Body, Call},
};

/// How long the answer may take after the last byte, at the least: the platform reads a workbook row by row before it
/// answers.
const PROCESSING_ALLOWANCE: Duration = Duration::from_secs(120);

impl ApiClient {
    /// Uploads creative media.
    ///
    /// # Errors
    /// When the platform refuses it, also inside a success, or no usable answer comes.
    pub async fn media(&self, attempt: u32, file: &FormFile<'_>) -> Result<MediaAsset, TransportError> {
        let answer = self.0.send(self.form(Endpoint::Media, attempt, file)).await?;
        answer.refuse_validation_errors()?;
        answer.json()
    }

    /// Uploads the sales figures of the event `eid` as a workbook (`.xlsx`).
    ///
    /// # Errors
    /// When the platform refuses it, also inside a success, or no usable answer comes.
    pub async fn sales_workbook(
        &self,
        attempt: u32,
        eid: &str,
        file: &FormFile<'_>,
    ) -> Result<(), TransportError> {
        let call = self.form(Endpoint::IngestTransactionSummaryExcel, attempt, file);
        let answer = self.0.send(Call { query: Some(("eid", eid)), ..call }).await?;
        answer.refuse_html()?;
        // "200 is success, anything else a failure" (sales uploads page).
        if answer.status != 200 {
            return Err(answer.bad(format!("the API answered {} where 200 is success", answer.status)));
        }
        answer.refuse_validation_errors()
    }

    /// Uploads events as a workbook, to the CR API. A success of HTTP says nothing yet: see [`BulkUploadOutcome`].
    ///
    /// # Errors
    /// When the platform refuses it as a whole, or no usable answer comes.
    pub async fn event_workbook(
        &self,
        attempt: u32,
        event_type: EventType,
        file: &FormFile<'_>,
    ) -> Result<BulkUploadOutcome, TransportError> {
        let call = self.form(Endpoint::EventsBulkUpload, attempt, file);
        let answer = self.0.send(Call { query: Some(("event_type", event_type.as_str())), ..call }).await?;
        if answer.is_empty() {
            // Nothing is documented to come without a body, so this is no success to rely on.
            return Err(answer.bad("the API answered without saying what became of the rows".into()));
        }
        answer.json()
    }

    fn form<'a>(&self, endpoint: Endpoint, attempt: u32, file: &'a FormFile<'a>) -> Call<'a> {
        let call = self.call(endpoint, attempt);
        Call { body: Body::Form(file), allowance: call.allowance.max(PROCESSING_ALLOWANCE), ..call }
    }
}
