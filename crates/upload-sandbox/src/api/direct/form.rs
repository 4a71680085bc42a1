//! A `multipart/form-data` body with one file in the field `file`, written to disk as it arrives.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use multer::{Constraints, Field, Multipart};
use tokio::io::AsyncWriteExt;

use crate::{
    Operation,
    api::{error::ApiError, filename},
    received::{NewFile, ReceivedFile, ReceivedFiles},
};

/// The one field there is (file uploads page).
const FIELD: &str = "file";
/// The largest file: the documentation sends larger ones to the presigned uploads.
const MAX_FILE: u64 = 50_000_000;
/// How much longer than its file a form may be.
const MAX_ENVELOPE: u64 = 64 * 1024;

/// A file as it came, not accepted yet: dropping it removes it.
#[derive(Debug)]
pub(super) struct FormFile {
    pub(super) place: NewFile,
    pub(super) filename: String,
    pub(super) content_type: String,
    bytes: u64,
}

impl FormFile {
    /// Reads the form to its end.
    pub(super) async fn receive(files: &ReceivedFiles, request: Request) -> Result<Self, ApiError> {
        let boundary = boundary(request.headers())?;
        check_length(request.headers())?;
        let constraints = Constraints::new().allowed_fields(vec![FIELD]);
        let body = request.into_body().into_data_stream();
        let mut form = Multipart::with_constraints(body, boundary, constraints);
        let field = form.next_field().await.map_err(malformed)?.ok_or_else(missing)?;
        let file = Self::write(files, field).await?;
        match form.next_field().await.map_err(malformed)? {
            None => Ok(file),
            Some(_) => Err(ApiError::invalid("there is more than one field 'file': send one file a request")),
        }
    }

    async fn write(files: &ReceivedFiles, mut field: Field<'_>) -> Result<Self, ApiError> {
        let filename = field.file_name().unwrap_or_default().to_owned();
        if filename.is_empty() {
            return Err(ApiError::invalid("the field 'file' has no filename: it is not sent as a file"));
        }
        filename::check(&filename)?;
        let content_type = field.content_type().map(ToString::to_string).unwrap_or_default();
        let place = files.new_file(&filename).await.map_err(unwritable)?;
        let mut file = tokio::fs::File::create(place.path()).await.map_err(unwritable)?;
        let mut bytes = 0;
        while let Some(chunk) = field.chunk().await.map_err(malformed)? {
            bytes += chunk.len() as u64;
            if bytes > MAX_FILE {
                return Err(too_large());
            }
            file.write_all(&chunk).await.map_err(unwritable)?;
        }
        file.flush().await.map_err(unwritable)?;
        if bytes == 0 {
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "EMPTY_FILE", "the file is empty"));
        }
        Ok(Self { place, filename, content_type, bytes })
    }

    /// Accepts the file.
    pub(super) fn keep(self, files: &ReceivedFiles, operation: Operation, parameter: Option<String>) {
        let Self { place, filename, content_type, bytes } = self;
        let path = place.path().to_owned();
        files.keep(place, ReceivedFile { operation, parameter, filename, content_type, bytes, path });
    }
}

fn boundary(head: &HeaderMap) -> Result<String, ApiError> {
    let content_type =
        head.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(content_type).map_err(|_| {
        let message = "send Content-Type: multipart/form-data with a boundary";
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    })
}

/// A client that reads its file from disk knows how long the form will be, and says so.
fn check_length(head: &HeaderMap) -> Result<(), ApiError> {
    let without = |code, message| Err(ApiError::new(StatusCode::LENGTH_REQUIRED, code, message));
    if head.contains_key(header::TRANSFER_ENCODING) {
        return without("CHUNKED_BODY", "the body is sent in chunks: send it with a Content-Length");
    }
    let length = head.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match length.and_then(|text| text.parse::<u64>().ok()) {
        None => without("LENGTH_REQUIRED", "the body has no Content-Length"),
        Some(length) if length > MAX_FILE + MAX_ENVELOPE => Err(too_large()),
        Some(_) => Ok(()),
    }
}

fn too_large() -> ApiError {
    let message = format!("the file has more than {MAX_FILE} bytes: use a presigned upload");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "FILE_TOO_LARGE", message)
}

fn missing() -> ApiError {
    ApiError::invalid("there is no field 'file'")
}

fn malformed(error: multer::Error) -> ApiError {
    match error {
        multer::Error::UnknownField { field_name } => {
            let name = field_name.unwrap_or_default();
            ApiError::invalid(format!("unknown field '{name}', expected: file"))
        }
        error => ApiError::invalid(format!("the form cannot be read: {error}")),
    }
}

fn unwritable(error: std::io::Error) -> ApiError {
    tracing::error!(%error, "a file that came as a form could not be written");
    let message = format!("the sandbox could not keep the file: {error}");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "STORAGE_ERROR", message)
}
