use std::path::PathBuf;

use upload_proto::IngestKind;

use super::SandboxHandle;
use crate::{IngestedKind, Operation, ReceivedFile, canned::CannedAnswer};

/// What came in beside stored objects, and what to say to it.
impl SandboxHandle {
    /// Puts an answer down for the next request of an operation of the API that passes the checks of its head: it is
    /// read, not carried out, and answered with this status and exactly this body, as JSON. Several wait in a row; a
    /// fault comes first. In the log, the fault's name is `answer`.
    pub fn answer_next(&self, operation: Operation, status: u16, body: impl Into<String>) {
        self.state.canned.add(CannedAnswer { operation, status, body: body.into() });
    }

    /// The files that came as forms and were accepted (of the last 10,000), in order: media, sales workbooks, event
    /// workbooks. The same as `GET /_sandbox/files` answers.
    #[must_use]
    pub fn received_files(&self) -> Vec<ReceivedFile> {
        self.state.files.list()
    }

    /// How many records of a kind were taken in bulk.
    #[must_use]
    pub fn ingested(&self, kind: IngestKind) -> u64 {
        self.state.ingested.records(kind)
    }

    /// The file with the records of a kind, one a line, as JSON, in the order in which they were taken; there is none
    /// before the first.
    #[must_use]
    pub fn ingested_path(&self, kind: IngestKind) -> PathBuf {
        self.state.ingested.path(kind)
    }

    /// What was taken of all kinds. The same as `GET /_sandbox/ingested` answers.
    #[must_use]
    pub fn ingested_kinds(&self) -> Vec<IngestedKind> {
        self.state.ingested.list()
    }
}
