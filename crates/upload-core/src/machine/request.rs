use std::fmt;

use upload_proto::{
    AbortRequest, CompleteRequest, CompleteResponse, InitiateRequest, InitiateResponse, PartNumber,
    PresignRequest, PresignResponse, PresignedUrl, UploadType, ValidateRequest, ValidateResponse,
};

use crate::{ByteRange, Stored};

/// Names one request of one machine; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub(super) u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something to send.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the answer is handed back under.
    pub id: RequestId,
    /// Which try of its operation this is, from 1.
    pub attempt: u32,
    /// What to do.
    pub operation: Operation,
}

/// One operation of the platform's API or of its storage.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Start a multipart upload.
    Initiate {
        /// Goes into `X-Upload-Type`.
        upload_type: UploadType,
        /// The body.
        request: InitiateRequest,
    },
    /// Ask for one presigned URL.
    Presign {
        /// Goes into `X-Upload-Type`, where there is one.
        upload_type: Option<UploadType>,
        /// The body.
        request: PresignRequest,
    },
    /// PUT some of the file's bytes to the storage.
    PutPart {
        /// Which part; a single PUT is part 1 of 1.
        part: PartNumber,
        /// Where to.
        url: PresignedUrl,
        /// Which bytes. A request names bytes and never carries them.
        range: ByteRange,
    },
    /// Put the parts together.
    Complete(CompleteRequest),
    /// Have the platform check the object.
    Validate {
        /// Goes into `X-Upload-Type`.
        upload_type: UploadType,
        /// The body.
        request: ValidateRequest,
    },
    /// Give the upload up. Nothing else is in flight when this comes out, if cancels were heeded.
    Abort(AbortRequest),
}

/// The answer to an [`Operation`] that succeeded.
#[derive(Clone, Debug)]
pub enum Response {
    /// To [`Operation::Initiate`].
    Initiated(InitiateResponse),
    /// To [`Operation::Presign`].
    Presigned(PresignResponse),
    /// To [`Operation::PutPart`]: what the storage calls these bytes.
    Stored(Stored),
    /// To [`Operation::Complete`].
    Completed(CompleteResponse),
    /// To [`Operation::Validate`].
    Validated(ValidateResponse),
    /// To [`Operation::Abort`].
    Aborted,
}

/// The caller handed the machine something it did not ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// No request of this id is waiting for an answer.
    #[error("no request {0} is waiting for an answer")]
    UnknownRequest(RequestId),
    /// The answer is of another operation than the request.
    #[error("the answer to request {0} belongs to another operation")]
    WrongResponse(RequestId),
}
