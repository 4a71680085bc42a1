use std::{fmt, str::FromStr, time::Duration};

use reqwest::header::{DATE, ETAG, HeaderMap, LAST_MODIFIED};
use upload_proto::ETag;

/// What tells one version of a file from another, strongly enough that pieces of two answers with the same one fit
/// together (RFC 9110, section 8.8.1).
///
/// Its text is that of the `If-Range` header, and is read back from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validator {
    /// A strong `ETag`.
    ETag(ETag),
    /// A `Last-Modified` that is strong enough, as the server spelled it: it is compared letter by letter.
    LastModified(Box<str>),
}

/// The text is no validator that a download can be resumed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a strong ETag nor an HTTP date")]
pub struct ValidatorError;

impl Validator {
    /// The ETag, where it is one.
    #[must_use]
    pub fn etag(&self) -> Option<&ETag> {
        match self {
            Self::ETag(etag) => Some(etag),
            Self::LastModified(_) => None,
        }
    }

    /// The strongest validator among these headers.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let etag = text(ETAG).filter(|etag| etag.starts_with('"')).and_then(|etag| etag.parse().ok());
        etag.or_else(|| {
            let modified = text(LAST_MODIFIED)?;
            let answered = httpdate::parse_http_date(text(DATE)?).ok()?;
            let age = answered.duration_since(httpdate::parse_http_date(modified).ok()?).ok()?;
            // A file may change twice within a second, and both times have the same date (section 8.8.2.2).
            (age >= Duration::from_secs(1)).then(|| Self::LastModified(modified.into()))
        })
    }
}

impl FromStr for Validator {
    type Err = ValidatorError;

    fn from_str(text: &str) -> Result<Self, ValidatorError> {
        if text.starts_with('"') {
            return text.parse().map(Self::ETag).map_err(|_| ValidatorError);
        }
        httpdate::parse_http_date(text).map_err(|_| ValidatorError)?;
        Ok(Self::LastModified(text.into()))
    }
}

impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ETag(etag) => write!(f, "\"{}\"", etag.as_str()),
            Self::LastModified(date) => f.write_str(date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn of(headers: &[(&'static str, &str)]) -> Option<Validator> {
        let headers = headers
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()));
        Validator::of(&headers.collect())
    }

    #[test]
    fn only_a_strong_etag_or_a_date_that_has_aged_is_a_validator() {
        let etag = Validator::ETag("abc".parse().unwrap());
        assert_eq!(of(&[("etag", "\"abc\""), ("last-modified", MODIFIED)]), Some(etag));
        let date = Some(Validator::LastModified(MODIFIED.into()));
        let aged = ("date", "Sun, 06 Nov 1994 08:49:38 GMT");
        assert_eq!(of(&[("etag", "W/\"abc\""), ("last-modified", MODIFIED), aged]), date);
        assert_eq!(of(&[("last-modified", MODIFIED), ("date", MODIFIED)]), None);
        assert_eq!(of(&[("last-modified", MODIFIED)]), None);
        assert_eq!(of(&[("last-modified", "yesterday"), aged]), None);
        for weak in ["W/\"abc\"", "abc", ""] {
            assert_eq!(of(&[("etag", weak)]), None, "{weak}");
        }
    }

    #[test]
    fn a_validator_reads_back_what_it_writes() {
        for text in ["\"abc-1\"", MODIFIED] {
            assert_eq!(text.parse::<Validator>().unwrap().to_string(), text);
        }
        for bad in ["", "abc", "W/\"abc\"", "\"a\"b\"", "2026-01-01"] {
            assert_eq!(bad.parse::<Validator>(), Err(ValidatorError), "{bad}");
        }
    }
}
