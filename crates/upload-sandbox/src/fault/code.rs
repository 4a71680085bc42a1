use std::{fmt, str::FromStr};

/// An error's name on the wire, such as `SlowDown` or `RATE_LIMITED`: 1 to 64 letters, digits, dots and underscores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCode(Box<str>);

impl ErrorCode {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ErrorCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
        if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
            return Err("an error code is 1 to 64 letters, digits, dots and underscores, as in SlowDown");
        }
        Ok(Self(text.into()))
    }
}
