//! From what `reqwest`, `hyper` and the operating system report to the kinds the machine decides by.

use std::{error::Error, io};

use upload_core::{SourceError, TransportError, TransportErrorKind as Kind};

type AnyError = dyn Error + 'static;

/// What a request that got no answer, or lost it half way, comes to. `host` is the one the request went to.
///
/// The URL is taken out of the error first: nothing made here holds a query.
pub(crate) fn classify(error: reqwest::Error, host: &str) -> TransportError {
    let error = error.without_url();
    let (kind, message) = if find::<SourceError>(&error).is_some() || tls_trouble(&error).is_some() {
        on_a_connection(&error, host)
    } else if error.is_connect() {
        connecting(&error, error.is_timeout(), host)
    } else if error.is_timeout() {
        (Kind::Stalled, format!("the connection to {host} timed out"))
    } else if error.is_builder() {
        (Kind::Other, format!("no request to {host} can be made: {}", cause(&error)))
    } else {
        on_a_connection(&error, host)
    };
    TransportError { source: Some(Box::new(error)), ..TransportError::new(kind, message) }
}

/// What it comes to that no connection to `host` came about; `timed_out` when that took too long.
pub(crate) fn no_connection(
    error: Box<dyn Error + Send + Sync>,
    timed_out: bool,
    host: &str,
) -> TransportError {
    let (kind, message) = match tls_trouble(&*error) {
        Some(tls) => (Kind::Tls, insecure(host, &tls)),
        None => connecting(&*error, timed_out, host),
    };
    TransportError { source: Some(error), ..TransportError::new(kind, message) }
}

/// What it comes to that a connection to `host` failed a request.
pub(crate) fn broken_connection(error: hyper::Error, host: &str) -> TransportError {
    let (kind, message) = on_a_connection(&error, host);
    TransportError { source: Some(Box::new(error)), ..TransportError::new(kind, message) }
}

fn connecting(error: &AnyError, timed_out: bool, host: &str) -> (Kind, String) {
    let cause = if timed_out { "it took too long".to_owned() } else { cause(error) };
    (Kind::Connect, format!("cannot connect to {host}: {cause}"))
}

fn on_a_connection(error: &AnyError, host: &str) -> (Kind, String) {
    if let Some(source) = find::<SourceError>(error) {
        return (Kind::Source, source.to_string());
    }
    if let Some(tls) = tls_trouble(error) {
        return (Kind::Tls, insecure(host, &tls));
    }
    match find::<hyper::Error>(error) {
        Some(hyper) if hyper.is_parse() => (Kind::BadAnswer, format!("{host} does not answer in HTTP")),
        Some(hyper) if hyper.is_user() => (Kind::Other, format!("the request to {host} failed: {hyper}")),
        _ => (Kind::Reset, format!("the connection to {host} broke: {}", cause(error))),
    }
}

fn insecure(host: &str, tls: &str) -> String {
    format!("no secure connection to {host}: {tls}")
}

/// rustls reports its own errors as I/O errors of the kind `InvalidData`; nothing else beneath HTTP does.
fn tls_trouble(error: &AnyError) -> Option<String> {
    io_errors(error).find(|io| io.kind() == io::ErrorKind::InvalidData).map(ToString::to_string)
}

/// The innermost error in words: an operating system's without its number, as in `connection refused`.
fn cause(error: &AnyError) -> String {
    if let Some(kind) = io_errors(error).filter(|io| io.raw_os_error().is_some()).map(io::Error::kind).last()
    {
        return kind.to_string();
    }
    chain(error).last().map(|error| error.to_string()).unwrap_or_default()
}

pub(crate) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// Every I/O error in the chain, also those that wrap each other, which `source` passes over.
fn io_errors<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a io::Error> {
    chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).flat_map(|io| {
        std::iter::successors(Some(io), |io| io.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()))
    })
}
