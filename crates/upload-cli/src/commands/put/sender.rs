use tokio_util::sync::CancellationToken;
use upload_core::{Concurrency, LimitedTransport, Transport, VerifyingTransport};
use upload_http::TokioClock;

use super::{
    candidate::Candidate, job::Workshop, keeper::Desk, options::PutOptions, receipt::Receipts,
    throttle::Throttle, transfer::Transfer,
};
use crate::{
    output::{FileResult, JobId, Note, Status},
    platform::Platform,
};

/// What sends the files of one command; they share one allowance of parts and one of bytes.
pub(super) struct Sender<'a> {
    platform: &'a Platform,
    workshop: &'a Workshop<'a>,
    verifying: Option<&'a VerifyingTransport<'a>>,
    receipts: Option<Receipts>,
    transport: LimitedTransport<'a>,
    throttle: Option<Throttle>,
    desk: &'a Desk<'a>,
    resume: bool,
    concurrency: Concurrency,
    cancel: &'a CancellationToken,
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        platform: &'a Platform,
        workshop: &'a Workshop<'a>,
        verifying: Option<&'a VerifyingTransport<'a>>,
        desk: &'a Desk<'a>,
        options: &PutOptions,
        cancel: &'a CancellationToken,
        receipts: Option<Receipts>,
    ) -> Self {
        let transport: &dyn Transport = match verifying {
            Some(verifying) => verifying,
            None => &platform.transport,
        };
        Self {
            platform,
            workshop,
            verifying,
            receipts,
            transport: LimitedTransport::new(transport, &TokioClock, options.concurrency),
            throttle: options.limit_rate.map(Throttle::new),
            desk,
            resume: options.resume,
            concurrency: options.concurrency,
            cancel,
        }
    }

    /// Sends one file to its end.
    pub(super) async fn send(&self, id: JobId, candidate: Candidate) -> FileResult {
        let label = candidate.label();
        let job = match self.workshop.prepare(&candidate, self.transport.goodput()) {
            Ok(job) => job,
            // It passed the check; something has happened to it since.
            Err(error) => return FileResult::bare(&label, Status::Failed, Some(&error)),
        };
        let transfer = Transfer {
            reporter: self.desk.reporter,
            transport: &self.transport,
            throttle: self.throttle.as_ref(),
            desk: self.desk,
            resume: self.resume,
            concurrency: self.concurrency,
            cancel: self.cancel,
            receipts: self.receipts.as_ref(),
            verifying: self.verifying,
            id,
        };
        let mut result = transfer.run(job).await;
        if let Some(message) = self.verifying.and_then(VerifyingTransport::warning) {
            self.desk.reporter.report(id, &Note::Warning { file: &label, message: &message });
        }
        result.sandbox_file = result.object_key.as_deref().and_then(|key| self.platform.object_file(key));
        result
    }
}
