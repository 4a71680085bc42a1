use std::{fmt, str::FromStr};

/// How often something happens, from one in a million to always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probability {
    per_million: u32,
}

impl Probability {
    /// Every time.
    pub const ALWAYS: Self = Self { per_million: MILLION };

    /// So many times in a million, moved into 1 to 1,000,000.
    #[must_use]
    pub const fn per_million(times: u32) -> Self {
        let times = if times > MILLION { MILLION } else { times };
        Self { per_million: if times == 0 { 1 } else { times } }
    }

    /// Whether it happens, for a number drawn from 0 to 999,999.
    pub(crate) const fn happens(self, drawn: u32) -> bool {
        drawn < self.per_million
    }
}

const MILLION: u32 = 1_000_000;

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.per_million == MILLION {
            return f.write_str("1");
        }
        let digits = format!("{:06}", self.per_million);
        write!(f, "0.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for Probability {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "a probability is above 0, at most 1 and has up to six decimals, as in 0.25";
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 6 || whole.len() > 3 {
            return Err(WRONG);
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| WRONG);
        let per_million = number(whole)? * MILLION + number(&format!("{decimals:0<6}"))?;
        if per_million == 0 || per_million > MILLION {
            return Err(WRONG);
        }
        Ok(Self { per_million })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_zero_and_at_most_one_is_read_and_written_back() {
        for (text, per_million, shown) in
            [("1", MILLION, "1"), ("1.0", MILLION, "1"), ("0.5", 500_000, "0.5"), ("0.000001", 1, "0.000001")]
        {
            let probability: Probability = text.parse().unwrap();
            assert_eq!((probability.per_million, &*probability.to_string()), (per_million, shown));
        }
        for wrong in ["", "0", "0.0", "1.1", "2", "-0.5", "0.0000001", "half", ".5", "0.", "1e-3", "999.9"] {
            assert!(wrong.parse::<Probability>().is_err(), "{wrong}");
        }
    }
}
