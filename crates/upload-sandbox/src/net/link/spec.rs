//! Rates as people write them.

use std::{fmt, num::NonZeroU64, str::FromStr, time::Duration};

use crate::Probability;

/// How many bytes pass in a second, at least 1. As text, `50mbit`, `1gbit`, `10MB` or `64KiB`, with or without `/s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(NonZeroU64);

/// Why a text is no rate, or no rate of slow connections.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' {why}")]
pub struct RateError {
    text: String,
    why: &'static str,
}

/// Bits, then bytes, in their decimal and binary multiples; the longer name first where one ends with another. In eighths
/// of a byte.
const UNITS: [(&str, u64); 11] = [
    ("gbit", 1_000_000_000),
    ("mbit", 1_000_000),
    ("kbit", 1_000),
    ("bit", 1),
    ("gib", 8 << 30),
    ("mib", 8 << 20),
    ("kib", 8 << 10),
    ("gb", 8_000_000_000),
    ("mb", 8_000_000),
    ("kb", 8_000),
    ("b", 8),
];

impl Rate {
    /// So many bytes a second.
    #[must_use]
    pub const fn bytes_per_second(bytes: NonZeroU64) -> Self {
        Self(bytes)
    }

    /// How long so many bytes take.
    pub(super) fn time_for(self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.0.get());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many bytes pass in a time.
    pub(super) fn bytes_in(self, time: Duration) -> u64 {
        let bytes = u128::from(self.0.get()) * time.as_nanos() / 1_000_000_000;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.get();
        let bits = bytes.checked_mul(8);
        let unit = UNITS[..3].iter().find(|(_, unit)| bits.is_some_and(|bits| bits.is_multiple_of(*unit)));
        match unit.zip(bits) {
            Some(((name, unit), bits)) => write!(f, "{}{name}", bits / unit),
            None => write!(f, "{bytes}B"),
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        const WRONG: &str = "is no rate: write a whole number and a unit, as in 50mbit, 1gbit, 10MB or 64KiB";
        let wrong = |why| RateError { text: text.to_owned(), why };
        let lower = text.to_ascii_lowercase();
        let amount = lower.strip_suffix("/s").unwrap_or(&lower);
        let (digits, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((amount.strip_suffix(name)?, *unit)))
            .ok_or_else(|| wrong(WRONG))?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong(WRONG));
        }
        let eighths = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        let eighths = eighths.ok_or_else(|| wrong("is more than any link carries"))?;
        NonZeroU64::new(eighths / 8).map(Self).ok_or_else(|| wrong("is less than a byte a second"))
    }
}

/// That some connections are slow: each new one with a probability. As text, `0.05:100KiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowConnections {
    /// How likely a new connection is slow.
    pub probability: Probability,
    /// How much a slow one brings.
    pub rate: Rate,
}

impl FromStr for SlowConnections {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = |why| RateError { text: text.to_owned(), why };
        let (probability, rate) = text
            .split_once(':')
            .ok_or_else(|| wrong("does not say how likely and how slow, as in 0.05:100KiB"))?;
        Ok(Self { probability: probability.parse().map_err(wrong)?, rate: rate.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_in_bits_and_bytes() {
        for (text, bytes, shown) in [
            ("50mbit", 6_250_000, "50mbit"),
            ("1gbit", 125_000_000, "1gbit"),
            ("1Gbit/s", 125_000_000, "1gbit"),
            ("10MB", 10_000_000, "80mbit"),
            ("64KiB/s", 65_536, "65536B"),
            ("8bit", 1, "1B"),
            ("1500b", 1500, "12kbit"),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.0.get(), &*rate.to_string()), (bytes, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused_with_an_example() {
        for text in ["", "50", "mbit", "-1mbit", "1.5mbit", "fast", "50mbit/h", "5 mbit"] {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains("50mbit"), "{error}");
        }
        for (text, why) in [("7bit", "less than"), ("0mbit", "less than"), ("99999999999gbit", "more than")] {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(text), "{error}");
        }
    }

    #[test]
    fn slow_connections_have_a_probability_and_a_rate() {
        let slow: SlowConnections = "0.05:100KiB".parse().unwrap();
        assert_eq!(slow.probability, Probability::per_million(50_000));
        assert_eq!(slow.rate, "100KiB".parse().unwrap());
        for (text, why) in [("0.05", "how likely"), ("2:1mbit", "probability"), ("0.5:fast", "'fast'")] {
            let error = text.parse::<SlowConnections>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
