use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The longest ETag accepted, in bytes; S3's own are 32 to 38 characters.
const MAX_LEN: usize = 256;

/// The entity tag of a stored part or object, **without** the quotes it wears in the `ETag` header.
///
/// Parsing takes the quotes off and nothing puts them back, so the documented mistake of completing an upload
/// with quoted ETags cannot be made. S3 compares ETags byte by byte, so letter case is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag(Box<str>);

/// Why a text is not an ETag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ETagError {
    /// Nothing stands between the quotes, or nothing at all was given.
    #[error("the ETag is empty")]
    Empty,
    /// More than 256 bytes.
    #[error("the ETag is longer than {MAX_LEN} bytes")]
    TooLong,
    /// A quote inside, only one of the two quotes, a space, or a character outside visible ASCII.
    #[error("the ETag has a character that none can have")]
    BadCharacter,
}

impl ETag {
    /// The bare tag, as the complete request wants it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The MD5 this tag spells, when it is the plain kind: 32 hexadecimal digits.
    ///
    /// S3 answers a part's MD5 here unless the bucket encrypts with SSE-KMS or SSE-C (S3 API Reference,
    /// "Object": ETag).
    #[must_use]
    pub fn as_md5(&self) -> Option<[u8; 16]> {
        let text = self.0.as_bytes();
        if text.len() != 32 {
            return None;
        }
        let mut digest = [0; 16];
        for (byte, pair) in digest.iter_mut().zip(text.chunks_exact(2)) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Some(digest)
    }
}

fn hex_digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

impl FromStr for ETag {
    type Err = ETagError;

    /// Reads `"abc"`, `W/"abc"` or `abc`.
    fn from_str(text: &str) -> Result<Self, ETagError> {
        let text = text.trim();
        let opaque = text.strip_prefix("W/").filter(|rest| rest.starts_with('"')).unwrap_or(text);
        let bare = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(opaque);
        match bare {
            "" | "\"" => Err(ETagError::Empty),
            _ if bare.len() > MAX_LEN => Err(ETagError::TooLong),
            _ if !bare.bytes().all(|b| b.is_ascii_graphic() && b != b'"') => Err(ETagError::BadCharacter),
            _ => Ok(Self(bare.into())),
        }
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ETag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ETag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_come_off_in_every_form() {
        for text in ["abc-2", "\"abc-2\"", " \"abc-2\" ", "W/\"abc-2\""] {
            assert_eq!(text.parse::<ETag>().unwrap().as_str(), "abc-2", "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!("".parse::<ETag>(), Err(ETagError::Empty));
        assert_eq!("\"\"".parse::<ETag>(), Err(ETagError::Empty));
        assert_eq!("\"".parse::<ETag>(), Err(ETagError::Empty));
        assert_eq!("\"half".parse::<ETag>(), Err(ETagError::BadCharacter));
        assert_eq!("a b".parse::<ETag>(), Err(ETagError::BadCharacter));
        assert_eq!("x".repeat(257).parse::<ETag>(), Err(ETagError::TooLong));
    }

    #[test]
    fn md5_is_read_only_from_the_plain_kind() {
        let plain: ETag = "\"00ff10a0b0c0d0e0f0112233445566AA\"".parse().unwrap();
        assert_eq!(plain.as_md5().unwrap()[..3], [0x00, 0xff, 0x10]);
        let composite: ETag = "00ff10a0b0c0d0e0f0112233445566aa-2".parse().unwrap();
        assert_eq!(composite.as_md5(), None);
        let not_hex: ETag = "zzff10a0b0c0d0e0f0112233445566aa".parse().unwrap();
        assert_eq!(not_hex.as_md5(), None);
    }

    proptest! {
        #[test]
        fn no_text_gives_an_etag_with_quotes(text in "[\"a-zA-Z0-9W/ -]{0,40}") {
            if let Ok(etag) = text.parse::<ETag>() {
                prop_assert!(!etag.as_str().contains('"'));
                prop_assert_eq!(etag.as_str().parse::<ETag>().unwrap(), etag);
            }
        }
    }
}
