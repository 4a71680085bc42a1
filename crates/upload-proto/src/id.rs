use std::{fmt, num::NonZeroU16, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::s3_limits::MAX_PARTS;

/// Why a text (or number) is not the identifier it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Empty where a name is needed.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// A partner id of neither documented form.
    #[error("'{0}' is not a partner id: expected 'partner-id-<slug>' or 'fd<digits>'")]
    PartnerId(String),
    /// An upload type that could not travel in a header.
    #[error(
        "'{0}' is not an upload type: use 1 to 64 letters, digits, '_', '-' or '.', as in 'audience_csv'"
    )]
    UploadType(String),
    /// A part number outside S3's range.
    #[error("{0} is not a part number: S3 counts parts from 1 to {MAX_PARTS}")]
    PartNumber(u64),
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The text as it goes over the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                if text.is_empty() { Err(IdError::Empty($what)) } else { Ok(Self(text.into())) }
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// S3's id of one multipart upload, opaque to everyone but S3. Not empty.
    UploadId, "upload id"
}
text_id! {
    /// The name under which the platform stores an object. Not empty.
    ObjectKey, "object key"
}

/// The partner a caller acts for: `partner-id-<slug>` or `fd<digits>` (authentication page).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartnerId(Box<str>);

impl PartnerId {
    /// The id as it goes into the `X-Preferred-Partner-Id` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PartnerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_slug = |slug: &str| {
            !slug.is_empty() && slug.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let known = text.strip_prefix("partner-id-").is_some_and(is_slug)
            || text.strip_prefix("fd").is_some_and(is_number);
        if known { Ok(Self(text.into())) } else { Err(IdError::PartnerId(text.into())) }
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an upload is, such as `audience_csv`; travels in the `X-Upload-Type` header.
///
/// The platform does not publish the list of types, so any 1 to 64 characters of `A-Za-z0-9_.-` are let through.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadType(Box<str>);

impl UploadType {
    /// The type as it goes into the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UploadType {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        if fits { Ok(Self(text.into())) } else { Err(IdError::UploadType(text.into())) }
    }
}

impl TryFrom<String> for UploadType {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<UploadType> for String {
    fn from(kind: UploadType) -> Self {
        kind.0.into()
    }
}

impl fmt::Display for UploadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a part, 1 to 10,000 (S3 User Guide, "multipart upload limits").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct PartNumber(NonZeroU16);

impl PartNumber {
    /// The first part's number.
    pub const FIRST: Self = Self(NonZeroU16::MIN);

    /// The number itself, 1 to 10,000.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get().into()
    }

    /// The part's place in a list of all parts, counted from 0.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0.get()) - 1
    }
}

impl TryFrom<u64> for PartNumber {
    type Error = IdError;

    fn try_from(number: u64) -> Result<Self, IdError> {
        let small = u16::try_from(number).ok().filter(|n| u32::from(*n) <= MAX_PARTS);
        small.and_then(NonZeroU16::new).map(Self).ok_or(IdError::PartNumber(number))
    }
}

impl From<PartNumber> for u64 {
    fn from(number: PartNumber) -> Self {
        number.get().into()
    }
}

impl fmt::Display for PartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partner_ids_have_two_forms() {
        for good in ["partner-id-acme-live", "fd42", "partner-id-9"] {
            assert!(good.parse::<PartnerId>().is_ok(), "{good}");
        }
        for bad in ["", "acme", "fd", "fd4x", "partner-id-", "partner-id-a b", "partner-id-a\r\nx: y"] {
            assert_eq!(bad.parse::<PartnerId>(), Err(IdError::PartnerId(bad.into())), "{bad}");
        }
    }

    #[test]
    fn upload_types_fit_a_header() {
        assert!("audience_csv".parse::<UploadType>().is_ok());
        for bad in ["", "a b", "é", "a\nb", &"x".repeat(65)] {
            assert!(bad.parse::<UploadType>().is_err(), "{bad}");
        }
    }

    #[test]
    fn part_numbers_stay_within_s3() {
        assert_eq!(PartNumber::try_from(1).unwrap(), PartNumber::FIRST);
        assert_eq!(PartNumber::try_from(10_000).unwrap().index(), 9_999);
        for bad in [0, 10_001, 65_536, u64::MAX] {
            assert_eq!(PartNumber::try_from(bad), Err(IdError::PartNumber(bad)));
        }
    }
}
