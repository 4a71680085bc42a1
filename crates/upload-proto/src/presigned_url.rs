mod life;
pub mod list;

use std::{borrow::Cow, fmt, ops::Range, str::FromStr, sync::Arc, time::SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::authority::{self, AuthorityError};

/// A URL whose query is a signature: whoever holds it may write the object it names.
///
/// `Debug` shows host and path only, there is no `Display`, and the whole text comes out of [`expose`] alone, so
/// that a search for that word finds every place where the secret leaves. It serialises in full, because a journal
/// must be able to hold it; whoever writes one keeps it readable by its owner only.
///
/// A clone shares the text: a large file has ten thousand of these, in its checkpoint, its events and its requests. They differ
/// in a signature and a part number, so those of one upload share the rest, too ([`alike`](Self::alike)).
///
/// [`expose`]: PresignedUrl::expose
#[derive(Clone)]
pub struct PresignedUrl(Arc<Text>);

/// The text: that of `like` with its middle replaced by another one.
struct Text {
    like: Arc<Parsed>,
    head: usize,
    middle: Box<str>,
    tail: usize,
}

/// A whole URL.
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
    pub fn expose(&self) -> Cow<'_, str> {
        let Text { like, head, middle, tail } = &*self.0;
        match self.is_whole() {
            true => Cow::Borrowed(&like.text),
            false => Cow::Owned([&like.text[..*head], middle, &like.text[*tail..]].concat()),
        }
    }

    /// Whether nothing of it is replaced.
    fn is_whole(&self) -> bool {
        let Text { head, middle, tail, .. } = &*self.0;
        middle.is_empty() && head == tail
    }

    /// Reads a URL that is likely to differ from this one in its query alone, such as that of another part of the same upload, and
    /// shares with it what is the same in both.
    ///
    /// # Errors
    /// Those of reading it without another one.
    pub fn alike(&self, text: &str) -> Result<Self, PresignedUrlError> {
        let url = Parsed::of(text)?;
        let like = &self.0.like;
        let is_like = |url: &Parsed| {
            let key = |url: &Parsed| (url.host.clone(), url.path.clone(), url.signed_at, url.expires_at);
            key(url) == key(like) && url.text[..url.path.end] == like.text[..like.path.end]
        };
        if !is_like(&url) {
            return Ok(url.into());
        }
        let (new, old) = (text.as_bytes(), like.text.as_bytes());
        let head = new.iter().zip(old).take_while(|(new, old)| new == old).count();
        let rest = new[head..].iter().rev().zip(old[head..].iter().rev());
        let tail = rest.take_while(|(new, old)| new == old).count();
        let middle = text[head..text.len() - tail].into();
        Ok(Self(Arc::new(Text { like: like.clone(), head, middle, tail: old.len() - tail })))
    }

    /// The host, with its port where one is given.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.like.text[self.0.like.host.clone()]
    }

    /// The path without the query; `/` where the URL has none.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.0.like.text[self.0.like.path.clone()] {
            "" => "/",
            path => path,
        }
    }

    /// Whether the URL asks for TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.like.text.starts_with("https:")
    }

    /// When the URL was signed, by the clock of whoever signed it: `X-Amz-Date`. `None` where the URL does not say.
    #[must_use]
    pub fn signed_at(&self) -> Option<SystemTime> {
        self.0.like.signed_at
    }

    /// The moment the storage stops accepting this URL: `X-Amz-Date` + `X-Amz-Expires` (S3 API Reference,
    /// "Authenticating requests: using query parameters"), or the older `Expires` in epoch seconds. `None` where
    /// the URL does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.like.expires_at
    }
}

impl FromStr for PresignedUrl {
    type Err = PresignedUrlError;

    fn from_str(text: &str) -> Result<Self, PresignedUrlError> {
        Parsed::of(text).map(Self::from)
    }
}

impl From<Parsed> for PresignedUrl {
    fn from(url: Parsed) -> Self {
        let whole = url.text.len();
        Self(Arc::new(Text { like: Arc::new(url), head: whole, middle: "".into(), tail: whole }))
    }
}

impl PartialEq for PresignedUrl {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.expose() == other.expose()
    }
}

impl Eq for PresignedUrl {}

impl Parsed {
    fn of(text: &str) -> Result<Self, PresignedUrlError> {
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
        Ok(Self {
            host: host_start..host_end,
            path: host_end..path_end,
            signed_at: life::signed_at(query),
            expires_at: life::expires_at(query),
            text: text.into(),
        })
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
        serializer.serialize_str(&self.expose())
    }
}

impl<'de> Deserialize<'de> for PresignedUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn alike_urls_share_what_is_the_same_and_read_as_if_they_did_not() {
        let first = parse(SIGNED).unwrap();
        for text in [
            SIGNED.to_owned(),
            SIGNED.replace("deadbeef", "feedbead"),
            SIGNED.replace("deadbeef", "deadbeefbeef"),
            SIGNED.replace("deadbeef", "dead"),
            SIGNED.replace("T12", "T13"),
            SIGNED.replace("a.csv", "b.csv"),
            SIGNED.replace("bucket", "pocket"),
            "http://h".to_owned(),
        ] {
            let (alone, alike) = (parse(&text).unwrap(), first.alike(&text).unwrap());
            assert_eq!((alike.expose(), &alike), (text.as_str().into(), &alone));
            assert_eq!(first.alike(&text).unwrap().alike(SIGNED).unwrap(), first);
            let facts = |url: &PresignedUrl| (url.host().to_owned(), url.path().to_owned(), url.expires_at());
            assert_eq!(facts(&alike), facts(&alone));
        }
        assert_eq!(&*first.alike(&SIGNED.replace("deadbeef", "feed")).unwrap().0.middle, "feed");
        assert_ne!(first, first.alike(&SIGNED.replace("deadbeef", "feed")).unwrap());
        assert_eq!(first.alike("ftp://h/k"), Err(PresignedUrlError::NotHttp));
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
