use std::{
    fmt,
    ops::Range,
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::authority::{self, AuthorityError};

/// A URL whose query is a signature: whoever holds it may write the object it names.
///
/// `Debug` shows host and path only, there is no `Display`, and the whole text comes out of [`expose`] alone, so
/// that a search for that word finds every place where the secret leaves. It serialises in full, because a journal
/// must be able to hold it; whoever writes one keeps it readable by its owner only.
///
/// A clone shares the text: a large file has ten thousand of these, in its checkpoint, its events and its requests.
///
/// [`expose`]: PresignedUrl::expose
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl(Arc<Parsed>);

#[derive(PartialEq, Eq)]
struct Parsed {
    text: Box<str>,
    host: Range<usize>,
    path: Range<usize>,
    signed_at: Option<SystemTime>,
    expires_at: Option<SystemTime>,
}

/// Why a text is not a presigned URL. Never contains the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresignedUrlError {
    /// Neither `http://` nor `https://` in front.
    #[error("the presigned URL does not start with http:// or https://")]
    NotHttp,
    /// Nothing where the host should be.
    #[error("the presigned URL names no host")]
    NoHost,
    /// A user name or password before the host; storage takes its permission from the query alone.
    #[error("the presigned URL carries a user name or password")]
    HasCredentials,
    /// The port is not a number from 1 to 65535.
    #[error("the presigned URL's port is not a number from 1 to 65535")]
    BadPort,
    /// White space, a control character, a fragment, anything outside visible ASCII, or one in the host that no host has.
    #[error("the presigned URL has a character that no URL can have")]
    BadCharacter,
}

impl PresignedUrl {
    /// The whole URL with its signature: for the request line and for a protected journal, nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0.text
    }

    /// The host, with its port where one is given.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.text[self.0.host.clone()]
    }

    /// The path without the query; `/` where the URL has none.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.0.text[self.0.path.clone()] {
            "" => "/",
            path => path,
        }
    }

    /// Whether the URL asks for TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.text.starts_with("https:")
    }

    /// When the URL was signed, by the clock of whoever signed it: `X-Amz-Date`. `None` where the URL does not say.
    #[must_use]
    pub fn signed_at(&self) -> Option<SystemTime> {
        self.0.signed_at
    }

    /// The moment the storage stops accepting this URL: `X-Amz-Date` + `X-Amz-Expires` (S3 API Reference,
    /// "Authenticating requests: using query parameters"), or the older `Expires` in epoch seconds. `None` where
    /// the URL does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.expires_at
    }
}

impl FromStr for PresignedUrl {
    type Err = PresignedUrlError;

    fn from_str(text: &str) -> Result<Self, PresignedUrlError> {
        let host_start = ["https://", "http://"]
            .iter()
            .find(|scheme| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
            .map(|scheme| scheme.len())
            .ok_or(PresignedUrlError::NotHttp)?;
        if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
            return Err(PresignedUrlError::BadCharacter);
        }
        let rest = &text[host_start..];
        let host_end = host_start + rest.find(['/', '?']).unwrap_or(rest.len());
        let path_end = text.find('?').unwrap_or(text.len());
        let authority = &text[host_start..host_end];
        if authority.contains('@') {
            return Err(PresignedUrlError::HasCredentials);
        }
        authority::split(authority)?;
        let query = text.get(path_end + 1..).unwrap_or_default();
        let parsed = Parsed {
            host: host_start..host_end,
            path: host_end..path_end,
            signed_at: value(query, "X-Amz-Date").and_then(amz_date).and_then(since_epoch),
            expires_at: expiry(query),
            text: text.into(),
        };
        Ok(Self(Arc::new(parsed)))
    }
}

impl From<AuthorityError> for PresignedUrlError {
    fn from(error: AuthorityError) -> Self {
        match error {
            AuthorityError::NoHost => Self::NoHost,
            AuthorityError::BadPort => Self::BadPort,
            AuthorityError::BadCharacter => Self::BadCharacter,
        }
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresignedUrl({}{}, query redacted)", self.host(), self.path())
    }
}

impl Serialize for PresignedUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text)
    }
}

impl<'de> Deserialize<'de> for PresignedUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn expiry(query: &str) -> Option<SystemTime> {
    let seconds = match (value(query, "X-Amz-Date"), value(query, "X-Amz-Expires")) {
        (Some(date), Some(life)) => amz_date(date)?.checked_add(life.parse().ok()?)?,
        _ => value(query, "Expires")?.parse().ok()?,
    };
    since_epoch(seconds)
}

fn since_epoch(seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Epoch seconds of `YYYYMMDDTHHMMSSZ`.
fn amz_date(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let number = |range: Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days from 1970-01-01 in the Gregorian calendar, for years from 1970.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let is_leap = |y: u64| (y.is_multiple_of(4) && !y.is_multiple_of(100)) || y.is_multiple_of(400);
    let leap_years_before = |y: u64| (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400;
    let before_year = (year - 1970) * 365 + leap_years_before(year) - leap_years_before(1970);
    let month_start = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap_day = u64::from(month > 2 && is_leap(year));
    let index = usize::try_from(month - 1).unwrap_or_default();
    before_year + month_start[index] + leap_day + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "https://bucket.s3.eu-central-1.amazonaws.com/in/a.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Date=20260601T120000Z&X-Amz-Expires=3600&X-Amz-Signature=deadbeef";

    fn parse(text: &str) -> Result<PresignedUrl, PresignedUrlError> {
        text.parse()
    }

    #[test]
    fn it_knows_host_path_and_expiry() {
        let url = parse(SIGNED).unwrap();
        assert_eq!(url.host(), "bucket.s3.eu-central-1.amazonaws.com");
        assert_eq!(url.path(), "/in/a.csv");
        assert!(url.is_https());
        // 2026-06-01T13:00:00Z, from `date -u -d 2026-06-01T13:00:00Z +%s`.
        let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_318_800);
        assert_eq!(url.expires_at(), Some(expected));
        assert_eq!(url.signed_at(), Some(expected - Duration::from_secs(3600)));
    }

    #[test]
    fn calendars_agree() {
        // Each from `date -u -d … +%s`.
        for (date, seconds) in [
            ("19700101T000000Z", 0),
            ("20000229T235959Z", 951_868_799),
            ("20240301T000000Z", 1_709_251_200),
            ("21000301T000000Z", 4_107_542_400),
        ] {
            assert_eq!(amz_date(date), Some(seconds), "{date}");
        }
        for bad in ["", "20260601", "20261301T000000Z", "2026é601T000000", "19690101T000000Z"] {
            assert_eq!(amz_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_older_expiry_is_read_and_a_missing_one_is_none() {
        let old = parse("http://h/k?AWSAccessKeyId=x&Expires=100&Signature=y").unwrap();
        assert_eq!(old.expires_at(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(100)));
        assert_eq!(parse("http://h/k?X-Amz-Expires=99999999999999999999").unwrap().expires_at(), None);
        assert_eq!(parse("http://h").unwrap().expires_at(), None);
    }

    #[test]
    fn nothing_prints_the_signature() {
        let url = parse(SIGNED).unwrap();
        let shown = format!("{url:?}");
        assert!(!shown.contains("deadbeef") && !shown.contains("X-Amz"), "{shown}");
    }

    #[test]
    fn what_is_not_such_a_url_is_refused() {
        assert_eq!(parse("ftp://h/k"), Err(PresignedUrlError::NotHttp));
        assert_eq!(parse("https:///k"), Err(PresignedUrlError::NoHost));
        assert_eq!(parse("https://:80/k"), Err(PresignedUrlError::NoHost));
        assert_eq!(parse("https://u:p@h/k"), Err(PresignedUrlError::HasCredentials));
        assert_eq!(parse("https://h:0/k"), Err(PresignedUrlError::BadPort));
        // Browsers' rules, which what connects may go by, would find the host `h` here.
        assert_eq!(parse("https://h\\.example.com/k"), Err(PresignedUrlError::BadCharacter));
        assert_eq!(parse("https://h/a b"), Err(PresignedUrlError::BadCharacter));
        assert_eq!(parse("https://h/a\r\nx: y"), Err(PresignedUrlError::BadCharacter));
    }
}
