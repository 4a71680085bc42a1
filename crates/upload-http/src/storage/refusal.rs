use std::time::{Duration, SystemTime};

use quick_xml::{Reader, events::Event};
use upload_core::{TransportError, TransportErrorKind as Kind};
use upload_proto::PresignedUrl;

use crate::{exchange::Answered, response::quotable};

/// An answer of the storage that is no success, with as much of its body as arrived.
pub(super) struct Refusal {
    pub(super) answered: Answered,
    pub(super) retry_after: Option<Duration>,
    /// The storage's clock, by its `Date`.
    pub(super) server_time: Option<SystemTime>,
    pub(super) body: Vec<u8>,
}

/// S3's `<Error>` document (S3 API Reference, "Error responses"), as far as it could be read.
#[derive(Debug, Default, PartialEq, Eq)]
struct ErrorDocument {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
}

impl Refusal {
    /// Whether its body is an error document of S3's.
    pub(super) fn names_an_error(&self) -> bool {
        ErrorDocument::read(&self.body).code.is_some()
    }

    /// `now` is by this machine's clock.
    pub(super) fn into_error(self, url: &PresignedUrl, now: SystemTime) -> TransportError {
        let document = ErrorDocument::read(&self.body);
        let status = self.answered.status;
        // It is the storage's clock that ends a URL's life. Ours stands in where the storage does not tell its own.
        let by_its_clock = self.server_time.unwrap_or(now);
        let kind = kind(status, &document, url.expires_at().is_some_and(|expiry| expiry <= by_its_clock));
        let exposed = url.expose();
        let secrets = secrets(&exposed);
        let quote = |text: &String| quotable(text, &secrets);
        let said: Vec<String> =
            [&document.code, &document.message].into_iter().flatten().map(quote).collect();
        let message = match (said.is_empty(), status) {
            (false, _) => format!("the storage answered {status}: {}", said.join(": ")),
            (true, 300..=399) => {
                format!("the storage answered with a redirect ({status}), which is not followed")
            }
            (true, _) => format!("the storage answered {status}"),
        };
        let skew = self.server_time.filter(|_| document.code.as_deref() == Some("RequestTimeTooSkewed"));
        let message = message + &skew.map(|its| difference(now, its)).unwrap_or_default();
        TransportError {
            status: Some(status),
            code: document.code.as_ref().map(quote),
            request_id: self.answered.request_id.or(document.request_id.as_ref().map(quote)),
            retry_after: self.retry_after,
            ..TransportError::new(kind, message)
        }
    }
}

/// S3's names say more than its status codes: `ExpiredToken` and `RequestTimeout` come with a 400 (S3 API Reference,
/// "List of error codes").
fn kind(status: u16, document: &ErrorDocument, past_expiry: bool) -> Kind {
    let message = document.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    // AWS says "Request has expired", Ceph's gateway nothing at all, Garage 400 with "Date is too old".
    let says_expired = message.contains("expired") || message.contains("date is too old");
    match (document.code.as_deref(), status) {
        (_, 300..=399) => Kind::BadAnswer,
        (Some("SlowDown"), _) | (_, 429) => Kind::Throttled,
        (Some("RequestTimeout"), _) | (_, 408) => Kind::Stalled,
        (Some("InternalError"), _) => Kind::Server,
        (Some("ExpiredToken"), _) => Kind::Expired,
        (Some("NoSuchUpload"), _) | (_, 404) => Kind::NotFound,
        (Some("InvalidRequest"), 400) if says_expired => Kind::Expired,
        (Some("AccessDenied"), 403) if says_expired || past_expiry => Kind::Expired,
        (None, 403) if past_expiry => Kind::Expired,
        (_, 403) => Kind::StorageDenied,
        (_, 500..=599) => Kind::Server,
        (_, 400..=499) => Kind::Rejected,
        _ => Kind::BadAnswer,
    }
}

/// What `Date`, which has whole seconds, and the way of an answer leave unsaid.
const NEGLIGIBLE: Duration = Duration::from_secs(5);

/// How far the storage's clock is from this machine's, in whole seconds as `Date` has them.
fn difference(ours: SystemTime, its: SystemTime) -> String {
    let (apart, which) = match its.duration_since(ours) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    if apart < NEGLIGIBLE {
        return " (the storage's clock agrees with this machine's: the clock that signed the URL must be wrong)".into();
    }
    format!(" (the storage's clock is {} s {which} this machine's)", apart.as_secs_f64().round())
}

/// What of a presigned URL must not come back out of the storage's words: the query, whole and in its longer values.
fn secrets(url: &str) -> Vec<&str> {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    std::iter::once(query).chain(values.filter(|value| value.len() >= 16)).collect()
}

impl ErrorDocument {
    /// Reads as far as the document goes: an early refusal's connection may break in the middle of it.
    fn read(body: &[u8]) -> Self {
        let mut document = Self::default();
        let mut reader = Reader::from_reader(body);
        let mut path: Vec<Vec<u8>> = Vec::new();
        let mut text = String::new();
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    path.push(start.local_name().as_ref().to_vec());
                    text.clear();
                }
                Ok(Event::Text(part)) => match part.decode() {
                    Ok(part) => text.push_str(&part),
                    Err(_) => return document,
                },
                Ok(Event::GeneralRef(reference)) => text.push_str(&character(&reference)),
                Ok(Event::End(_)) => {
                    document.take(&path, &mut text);
                    path.pop();
                }
                Ok(Event::Eof) | Err(_) => return document,
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self, path: &[Vec<u8>], text: &mut String) {
        let [root, name] = path else { return };
        if root != b"Error" {
            return;
        }
        let field = match name.as_slice() {
            b"Code" => &mut self.code,
            b"Message" => &mut self.message,
            b"RequestId" => &mut self.request_id,
            _ => return,
        };
        let value = std::mem::take(text);
        // The first counts: what a torn document has told already does not change with its rest.
        *field = field.take().or_else(|| Some(value.trim().to_owned()).filter(|value| !value.is_empty()));
    }
}

/// The character behind `&…;`, or a blank where it is none of XML's own.
fn character(reference: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name = reference.decode().unwrap_or_default();
    quick_xml::escape::resolve_predefined_entity(&name).unwrap_or(" ").to_owned()
}
