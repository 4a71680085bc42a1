use upload_core::{ByteRange, Meter, PartBody, Progress, Source, TransportError, TransportErrorKind as Kind};

use crate::watched_body::{FlowGuard, WatchedBody};

/// The form's one field that the platform looks at (file uploads page).
const FIELD: &str = "file";

/// A file as the direct endpoints take it: the field `file` of a `multipart/form-data` body.
///
/// It is streamed, with an exact `Content-Length`, and read anew for each attempt.
#[derive(Clone, Copy)]
pub struct FormFile<'a> {
    /// The name that the platform is told, without folders.
    pub filename: &'a str,
    /// What it is, such as `image/jpeg`.
    pub content_type: &'a str,
    /// Its bytes.
    pub source: &'a dyn Source,
    /// Counts them while they move.
    pub progress: &'a Progress,
}

impl FormFile<'_> {
    /// The form for one attempt, its bytes watched by `flow`, and what counts them.
    pub(super) fn open(&self, flow: &FlowGuard) -> Result<(reqwest::multipart::Form, Meter), TransportError> {
        let len = self.source.len();
        let meter = Meter::start(self.progress.clone(), len);
        let chunks = meter.watch(self.source.open(ByteRange { offset: 0, len }));
        let body = reqwest::Body::wrap(WatchedBody::new(PartBody::new(len, chunks), flow.share()));
        let part =
            reqwest::multipart::Part::stream_with_length(body, len).file_name(self.filename.to_owned());
        let part = part.mime_str(self.content_type).map_err(|_| {
            TransportError::new(Kind::Other, format!("'{}' is not a content type", self.content_type))
        })?;
        // Names go as they are, as browsers send them: the encoded form (RFC 5987) is not meant for forms (RFC 7578, 4.2).
        let form = reqwest::multipart::Form::new().percent_encode_noop().part(FIELD, part);
        Ok((form, meter))
    }
}

impl std::fmt::Debug for FormFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { filename, content_type, source, .. } = self;
        write!(f, "FormFile({filename:?}, {content_type}, {} bytes)", source.len())
    }
}
