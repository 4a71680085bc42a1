//! From what `reqwest` reports to the kinds the machine decides by.

use std::{error::Error, io};

use upload_core::{SourceError, TransportError, TransportErrorKind as Kind};

/// What a request that got no answer, or lost it half way, comes to. `host` is the one the request went to.
///
/// The URL is taken out of the error first: nothing made here holds a query.
pub(crate) fn classify(error: reqwest::Error, host: &str) -> TransportError {
    let error = error.without_url();
    let (kind, message) = kind_and_message(&error, host);
    TransportError { source: Some(Box::new(error)), ..TransportError::new(kind, message) }
}

fn kind_and_message(error: &reqwest::Error, host: &str) -> (Kind, String) {
    if let Some(source) = find::<SourceError>(error) {
        return (Kind::Source, source.to_string());
    }
    if let Some(tls) = tls_trouble(error) {
        return (Kind::Tls, format!("no secure connection to {host}: {tls}"));
    }
    if error.is_connect() {
        let cause = if error.is_timeout() { "it took too long".to_owned() } else { cause(error) };
        return (Kind::Connect, format!("cannot connect to {host}: {cause}"));
    }
    if error.is_timeout() {
        return (Kind::Stalled, format!("the connection to {host} timed out"));
    }
    if error.is_builder() {
        return (Kind::Other, format!("no request to {host} can be made: {}", cause(error)));
    }
    match find::<hyper::Error>(error) {
        Some(hyper) if hyper.is_parse() => (Kind::BadAnswer, format!("{host} does not answer in HTTP")),
        Some(hyper) if hyper.is_user() => (Kind::Other, format!("the request to {host} failed: {hyper}")),
        _ => (Kind::Reset, format!("the connection to {host} broke: {}", cause(error))),
    }
}

/// rustls reports its own errors as I/O errors of the kind `InvalidData`; nothing else beneath HTTP does.
fn tls_trouble(error: &reqwest::Error) -> Option<String> {
    io_errors(error).find(|io| io.kind() == io::ErrorKind::InvalidData).map(ToString::to_string)
}

/// The innermost error in words: an operating system's without its number, as in `connection refused`.
fn cause(error: &reqwest::Error) -> String {
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
