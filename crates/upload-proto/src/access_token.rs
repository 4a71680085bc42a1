use std::{fmt, str::FromStr};

/// A bearer token. Its `Debug` is redacted and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Box<str>);

/// Why a text cannot be an access token. Deliberately without the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// Nothing but white space.
    #[error("the access token is empty")]
    Empty,
    /// White space inside, or a character outside visible ASCII: it could not travel in a header.
    #[error("the access token has a character that cannot stand in a header (a stray line break, perhaps)")]
    BadCharacter,
}

impl AccessToken {
    /// The whole value of the `Authorization` header.
    #[must_use]
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The token itself, for a cache that keeps it under lock.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccessToken {
    type Err = AccessTokenError;

    /// Reads a token; white space around it and a pasted `Bearer ` in front of it are dropped.
    fn from_str(text: &str) -> Result<Self, AccessTokenError> {
        let text = text.trim();
        let bare = text.strip_prefix("Bearer ").unwrap_or(text).trim_start();
        match bare {
            "" | "Bearer" => Err(AccessTokenError::Empty),
            _ if !bare.bytes().all(|b| b.is_ascii_graphic()) => Err(AccessTokenError::BadCharacter),
            _ => Ok(Self(bare.into())),
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_header_still_works_and_nothing_prints_the_token() {
        let token: AccessToken = " Bearer s3cr3t\n".parse().unwrap();
        assert_eq!(token.authorization(), "Bearer s3cr3t");
        assert_eq!(format!("{token:?}"), "AccessToken(redacted)");
    }

    #[test]
    fn tokens_that_cannot_be_sent_are_refused_without_being_quoted() {
        assert_eq!("  ".parse::<AccessToken>(), Err(AccessTokenError::Empty));
        assert_eq!("Bearer ".parse::<AccessToken>(), Err(AccessTokenError::Empty));
        let error = "abc\ndef".parse::<AccessToken>().unwrap_err();
        assert_eq!(error, AccessTokenError::BadCharacter);
        assert!(!error.to_string().contains("abc"));
    }
}
