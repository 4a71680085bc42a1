use std::{io, time::SystemTime};

use tokio_util::sync::CancellationToken;
use upload_core::{
    Attempts, Checkpoint, Delivery, Failure, Journal, JournalError, Prospect, RetryPolicy, Step, Transport,
    TransportErrorKind as Kind,
};
use upload_http::TokioClock;
use upload_proto::AbortRequest;

use super::{job::Job, keeper::Keeper};
use crate::{
    error::{CliError, ErrorKind},
    journal::Content,
    output::Note,
};

const NOT_ITS_OWN: &str = "the file has changed since its upload began (it was written to, and the parts that are \
     stored cannot be told to be its own)";

/// Finds out whether an upload can be gone on with, and clears away one that cannot.
pub(super) struct Resumer<'a> {
    pub(super) transport: &'a dyn Transport,
    pub(super) cancel: &'a CancellationToken,
    /// Whether an unfinished upload is gone on with at all.
    pub(super) resume: bool,
}

impl Resumer<'_> {
    /// What to go on from; `None` begins anew. An unfinished upload that cannot be gone on with is aborted first.
    ///
    /// # Errors
    /// When the journal cannot be read, a newer version wrote it, the file cannot be read, or it was cancelled.
    pub(super) async fn start(
        &self,
        keeper: &mut Keeper<'_>,
        job: &Job,
    ) -> Result<Option<Checkpoint>, CliError> {
        let found = keeper.session().zip(keeper.journals()).and_then(|(id, journals)| journals.look(id));
        let Some(session) = found else { return Ok(None) };
        let unusable = |why: &dyn std::fmt::Display, hint: String| {
            let message = format!("{}: the journal of its unfinished upload: {why}", keeper.label);
            CliError::new(ErrorKind::LocalFile, message).hint(hint)
        };
        let reason = match &session.content {
            Content::Unreadable(error) => {
                return Err(unusable(error, format!("make {} readable", session.path.display())));
            }
            Content::Broken(error @ JournalError::FromTheFuture(_)) => {
                return Err(unusable(error, "use the newer version of this program".into()));
            }
            Content::Broken(error) => format!("the journal of its unfinished upload is damaged ({error})"),
            Content::Whole(journal) => match journal.prospect(keeper.file(), SystemTime::now()) {
                Prospect::Over => {
                    remove(&session.path).map_err(|error| unusable(&error, "remove it".into()))?;
                    return Ok(None);
                }
                _ if !self.resume => "it was asked not to go on with the unfinished upload".to_owned(),
                Prospect::Lost(reason) => reason,
                Prospect::Compare if !self.holds_parts(journal, keeper, job).await? => NOT_ITS_OWN.into(),
                Prospect::Open | Prospect::Compare => {
                    keeper.go_on(journal);
                    return Ok(Some(journal.checkpoint.clone()));
                }
            },
        };
        if let Some(rescued) = session.rescued() {
            let request = AbortRequest { upload_id: rescued.upload_id, object_key: rescued.object_key };
            self.clear(keeper, &request).await?;
        } else {
            // Its writer died before any part was sent, and what it wrote names no upload.
            remove(&session.path).map_err(|error| unusable(&error, "remove it".into()))?;
        }
        keeper.note(&Note::Restarted { file: &keeper.label, reason: &reason });
        Ok(None)
    }

    /// Reads the parts that are stored, and compares them with their ETags.
    async fn holds_parts(&self, journal: &Journal, keeper: &Keeper<'_>, job: &Job) -> Result<bool, CliError> {
        let (source, cancel) = (job.source.clone(), self.cancel.clone());
        let (plan, etags) = (journal.checkpoint.plan, journal.checkpoint.etags.clone());
        let what = format!("comparing {}", keeper.label);
        keeper.desk.reporter.reading(&what, Some(0));
        let compared =
            tokio::task::spawn_blocking(move || source.holds_parts(plan, &etags, |_| !cancel.is_cancelled()));
        let compared = compared.await.map_err(io::Error::other).flatten();
        keeper.desk.reporter.reading(&what, None);
        compared.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => cancelled(),
            _ => CliError::io("reading", keeper.label.as_ref(), &error).hint("check the file"),
        })
    }

    /// Aborts an upload that is not gone on with. Where that fails its journal is put aside, for `upload sessions`.
    ///
    /// # Errors
    /// When it was cancelled; the journal then stays where it is.
    pub(super) async fn clear(
        &self,
        keeper: &mut Keeper<'_>,
        request: &AbortRequest,
    ) -> Result<(), CliError> {
        let failed = tokio::select! {
            aborted = abort(self.transport, request) => aborted.err(),
            () = self.cancel.cancelled() => return Err(cancelled()),
        };
        keeper.let_go();
        let Some((id, journals)) = keeper.session().zip(keeper.journals()) else { return Ok(()) };
        let done = match &failed {
            None => remove(&journals.journal(id)),
            Some(failure) => journals.put_aside(id).map(|aside| {
                keeper.warn(&format!(
                    "its former upload is still open on the platform, because {failure}; \
                     abort it later: upload sessions abort {aside}"
                ));
            }),
        };
        done.map_err(|error| {
            CliError::io("putting away", &journals.journal(id), &error).hint("make the folder writable")
        })
    }
}

/// Gives an upload up on the platform. One that it does not know any more is given up already.
///
/// # Errors
/// When it would not be.
pub(in crate::commands) async fn abort(
    transport: &dyn Transport,
    request: &AbortRequest,
) -> Result<(), Failure> {
    let attempts = Attempts {
        clock: &TokioClock,
        policy: RetryPolicy::default(),
        delivery: Delivery::AtLeastOnce,
        step: Step::Abort,
        seed: fastrand::u64(..),
    };
    match attempts.run(|_| {}, |attempt| transport.abort(attempt, request)).await {
        Err(failure) if failure.transport_kind() == Some(Kind::NotFound) => Ok(()),
        aborted => aborted.map(|_| ()),
    }
}

fn remove(path: &std::path::Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn cancelled() -> CliError {
    CliError::new(ErrorKind::Cancelled, "cancelled; its unfinished upload is as it was")
        .hint("run the same command again to go on with it")
}
