use std::{num::NonZeroU32, str::FromStr, time::Duration};

use upload_http::{Budget, Budgets};

/// How many reads the platform's guidance allows for each write: 600 and 120 a minute.
const READS_PER_WRITE: u32 = 5;

/// The pace of API requests, written like `60/min`, `2/s`, `120/30s` or `off`: so many writes in any span of that
/// length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiBudget {
    /// As fast as the platform answers; what it asks for itself is obeyed all the same.
    Off,
    /// So many writes.
    Writes(Budget),
}

impl ApiBudget {
    /// The budgets it comes to. Reads grow with the writes, in the proportion of the platform's guidance. Signing in
    /// keeps to its own: the platform counts it by IP address, not by partner.
    pub(crate) fn budgets(self) -> Budgets {
        match self {
            Self::Off => Budgets::UNLIMITED,
            Self::Writes(write) => {
                let requests =
                    write.requests.saturating_mul(NonZeroU32::MIN.saturating_add(READS_PER_WRITE - 1));
                let read = Budget { requests, ..write };
                Budgets { read: Some(read), write: Some(write), ..Budgets::default() }
            }
        }
    }
}

impl FromStr for ApiBudget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        let budget = text.split_once('/').and_then(|(requests, per)| {
            let requests = requests.trim().parse().ok()?;
            Some(Budget { requests, per: span(per.trim())? })
        });
        budget
            .map(Self::Writes)
            .ok_or_else(|| "expected a number of writes a span, such as 60/min or 10/5s, or 'off'".into())
    }
}

/// A span of time; a bare unit is one of it.
fn span(text: &str) -> Option<Duration> {
    let one = format!("1{text}");
    let text = if text.starts_with(|c: char| c.is_ascii_digit()) { text } else { &one };
    humantime::parse_duration(text).ok().filter(|span| !span.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_writes_a_span() {
        for (text, requests, seconds) in
            [("60/min", 60, 60), ("2/s", 2, 1), ("120/2s", 120, 2), (" 5 / 1m 30s ", 5, 90), ("9/h", 9, 3600)]
        {
            let ApiBudget::Writes(budget) = text.parse().unwrap() else { panic!("{text}") };
            assert_eq!(
                (budget.requests.get(), budget.per),
                (requests, Duration::from_secs(seconds)),
                "{text}"
            );
        }
        assert_eq!("OFF".parse(), Ok(ApiBudget::Off));
        for bad in ["", "0/min", "60", "60/", "/min", "60/0s", "-1/s", "1.5/s", "60/parsec"] {
            assert!(bad.parse::<ApiBudget>().is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_grow_with_the_writes_and_signing_in_does_not() {
        let budgets = "60/min".parse::<ApiBudget>().unwrap().budgets();
        assert_eq!(budgets.read.unwrap().requests.get(), 300);
        assert_eq!(budgets.auth, Budgets::default().auth);
        assert_eq!("120/min".parse::<ApiBudget>().unwrap().budgets(), Budgets::default());
        assert_eq!(ApiBudget::Off.budgets(), Budgets::UNLIMITED);
    }
}
