use std::{fmt, num::NonZeroUsize, str::FromStr};

use bytesize::ByteSize;
use clap::ValueEnum;
use serde::Deserialize;

/// The most parts in flight that anyone may ask for; beyond it a machine only gets slower.
const MAX_CONCURRENCY: usize = 256;

/// A number of bytes, written like `16MiB`, `5GB` or `1048576`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<ByteSize>() {
            Ok(size) => Ok(Self(size.as_u64())),
            Err(_) => Err("expected a size such as 16MiB, 5GB or 1048576".into()),
        }
    }
}

/// Bytes a second, written like `10MiB/s`; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate(pub(crate) u64);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let per_second = text.strip_suffix("/s").unwrap_or(text);
        match per_second.parse::<Size>() {
            Ok(Size(1..)) => per_second.parse().map(|Size(bytes)| Self(bytes)),
            _ => Err("expected a rate above zero, such as 10MiB/s".into()),
        }
    }
}

/// How many parts may be in flight at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Concurrency {
    /// As many as serve well.
    #[default]
    Auto,
    /// This many.
    Fixed(NonZeroUsize),
}

impl FromStr for Concurrency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::Auto);
        }
        let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MAX_CONCURRENCY);
        number
            .map(Self::Fixed)
            .ok_or_else(|| format!("expected 'auto' or a number from 1 to {MAX_CONCURRENCY}"))
    }
}

/// How a DataFrame is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrientChoice {
    /// {"column": {"0": value, …}}, as pandas' to_json writes it
    Columns,
    /// {"columns": […], "index": […], "data": [[…], …]}
    Split,
    /// {"column": [value, …]}
    List,
    /// [{"column": value}, …]
    Records,
}

impl From<OrientChoice> for upload_proto::Orient {
    fn from(choice: OrientChoice) -> Self {
        match choice {
            OrientChoice::Columns => Self::Columns,
            OrientChoice::Split => Self::Split,
            OrientChoice::List => Self::List,
            OrientChoice::Records => Self::Records,
        }
    }
}

/// How what was stored is compared with what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verify {
    /// Not at all
    None,
    /// By MD5: each part's ETag, and the object's
    #[default]
    Etag,
}

/// How files are to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PatternChoice {
    /// In parts where the file is large, a CSV or typed; else in one PUT
    #[default]
    Auto,
    /// In one PUT
    Single,
    /// In parts
    Multipart,
}

impl fmt::Display for PatternChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Single => "single",
            Self::Multipart => "multipart",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_families_of_units() {
        for (text, bytes) in
            [("16MiB", 16 << 20), ("5GB", 5_000_000_000), ("1048576", 1 << 20), ("1.5 KiB", 1536)]
        {
            assert_eq!(text.parse::<Size>().unwrap(), Size(bytes), "{text}");
        }
        for bad in ["", "MiB", "-1", "16 bananas"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_are_above_zero() {
        assert_eq!("10MiB/s".parse::<Rate>().unwrap(), Rate(10 << 20));
        assert_eq!("500kB".parse::<Rate>().unwrap(), Rate(500_000));
        for bad in ["0", "0/s", "fast", "1MiB/h"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn concurrency_is_auto_or_a_sane_number() {
        assert_eq!("auto".parse::<Concurrency>().unwrap(), Concurrency::Auto);
        assert!(matches!("8".parse::<Concurrency>().unwrap(), Concurrency::Fixed(n) if n.get() == 8));
        for bad in ["0", "-1", "257", "many"] {
            assert!(bad.parse::<Concurrency>().is_err(), "{bad}");
        }
    }
}
