use upload_core::TransportError;
use upload_http::{ApiClient, FormFile};
use upload_proto::{BulkUploadOutcome, EventType, MediaAsset};

use crate::preflight::WorkbookFormat;

/// What files are sent for.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    /// Creative media.
    Media,
    /// The sales figures of an event.
    Sales { eid: String },
    /// Events.
    Events { event_type: EventType },
}

/// What the platform made of a file.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Media(MediaAsset),
    Taken,
    Events(BulkUploadOutcome),
}

impl Errand {
    /// The workbooks that are taken; none where any file is.
    pub(super) fn formats(&self) -> &'static [WorkbookFormat] {
        match self {
            Self::Media => &[],
            Self::Sales { .. } => &[WorkbookFormat::Xlsx],
            Self::Events { .. } => &[WorkbookFormat::Xlsx, WorkbookFormat::Xls],
        }
    }

    /// Whether the files go to the CR API's host.
    pub(super) fn is_on_cr(&self) -> bool {
        matches!(self, Self::Events { .. })
    }

    /// What it is for, in a few words.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Media => "media".into(),
            Self::Sales { eid } => format!("sales of event {eid}"),
            Self::Events { event_type } => format!("{event_type} events"),
        }
    }

    /// Sends a file, once.
    pub(super) async fn send(
        &self,
        api: &ApiClient,
        attempt: u32,
        file: &FormFile<'_>,
    ) -> Result<Answer, TransportError> {
        match self {
            Self::Media => api.media(attempt, file).await.map(Answer::Media),
            Self::Sales { eid } => api.sales_workbook(attempt, eid, file).await.map(|()| Answer::Taken),
            Self::Events { event_type } => {
                api.event_workbook(attempt, *event_type, file).await.map(Answer::Events)
            }
        }
    }
}
