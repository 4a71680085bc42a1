use std::time::Duration;

use upload_proto::{ETag, ObjectKey, PartNumber, UploadId, ValidationError};

use super::failure::{Failure, Step};
use crate::{Checkpoint, Plan};

/// Something that happened, in the order it happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The upload exists on the server. From here on it must be completed, aborted or remembered; this is the
    /// moment to write a journal. No part has been sent yet.
    Opened(Box<Checkpoint>),
    /// The server's answer led to another plan than was asked for.
    Replanned {
        /// What was asked for.
        asked: Plan,
        /// What will be done.
        adopted: Plan,
    },
    /// A part is stored.
    PartStored {
        /// Which.
        part: PartNumber,
        /// Its size in bytes.
        bytes: u64,
        /// The try that succeeded, from 1.
        attempt: u32,
        /// What the storage calls it.
        etag: ETag,
        /// The storage's id of the request; `None` where it gave none.
        request_id: Option<String>,
    },
    /// A request failed and will be sent again.
    Retrying {
        /// Which.
        step: Step,
        /// The try that failed, from 1.
        attempt: u32,
        /// How long until the next one.
        wait: Duration,
        /// What happened.
        reason: String,
    },
    /// Every part is stored; the upload is being put together.
    Completing,
    /// The upload is being given up on the server.
    Aborting,
    /// Something worth telling that does not stop the upload.
    Warning(String),
    /// The end; nothing comes after it.
    Ended(Box<Ended>),
}

/// How an upload ended and what it took.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// What it took.
    pub totals: Totals,
}

/// What an upload took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests sent, retries included.
    pub attempts: u32,
    /// Requests sent again after a failure.
    pub retries: u32,
    /// Parts that were stored before this run began.
    pub resumed_parts: u32,
}

/// How an upload ended.
#[derive(Debug)]
pub enum Outcome {
    /// The object exists.
    Completed(Completed),
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
        /// What is left on the server.
        remains: Remains,
    },
    /// It was given up on request.
    Aborted {
        /// What is left on the server.
        remains: Remains,
    },
}

/// An object that exists.
#[derive(Debug)]
pub struct Completed {
    /// Where it stands.
    pub object_key: ObjectKey,
    /// The multipart upload it came from; `None` for a single PUT.
    pub upload_id: Option<UploadId>,
    /// Its ETag, where the platform says.
    pub etag: Option<ETag>,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many parts it came in.
    pub parts: u32,
    /// What the platform thinks of its content.
    pub validation: Validation,
}

/// What the platform thinks of an object's content.
#[derive(Debug)]
pub enum Validation {
    /// It was not asked.
    Skipped,
    /// It offers no validation.
    Unavailable,
    /// It accepts the content.
    Valid,
    /// It refuses the content.
    Invalid(Vec<ValidationError>),
    /// It was asked and gave no answer.
    Unknown(Failure),
}

/// What an upload that was not completed leaves on the server.
#[derive(Debug)]
pub enum Remains {
    /// Nothing: it had not begun there.
    Nothing,
    /// Nothing: it was aborted there.
    Aborted {
        /// The upload that is no more.
        upload_id: UploadId,
        /// The object it would have become.
        object_key: ObjectKey,
    },
    /// Its parts, on purpose, to be resumed.
    Kept(Box<Checkpoint>),
    /// Its parts, because aborting failed: it must be aborted later.
    LeftOpen {
        /// What to abort.
        checkpoint: Box<Checkpoint>,
        /// Why aborting failed.
        failure: Failure,
    },
    /// Nothing: the platform no longer knows the upload and has no such object, although completing it was asked for.
    Gone {
        /// The upload that is no more.
        upload_id: UploadId,
        /// The object it would have become.
        object_key: ObjectKey,
    },
    /// Either its parts or the object: the answer to complete was lost, and what became of it could not be found out.
    /// Resuming finds out; nothing was aborted.
    Unclear {
        /// What to resume.
        checkpoint: Box<Checkpoint>,
        /// Why it could not be found out.
        failure: Failure,
    },
}
