//! What the sandbox holds records and workbooks to, whatever they are about.
//!
//! The platform's own rules are not public. These stand in for them, so that a client can meet refusals of rows.

use jiff::{Timestamp, civil};

/// How many problems are listed; the rest would tell nothing new.
pub(crate) const MAX_FINDINGS: usize = 100;

/// What can be wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    InvalidDate,
    Missing,
}

impl Problem {
    /// Its name in answers.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InvalidDate => "INVALID_DATE",
            Self::Missing => "MISSING_VALUE",
        }
    }

    /// The same in words.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::InvalidDate => "this is no date",
            Self::Missing => "this must not be empty",
        }
    }
}

/// Whether a field of this name holds dates: `date` itself, or anything that ends with `_date`.
pub(crate) fn is_date_field(name: &str) -> bool {
    name == "date" || name.ends_with("_date")
}

/// Whether a field of this name must not be empty: `id` and `eid`.
pub(crate) fn is_required_field(name: &str) -> bool {
    matches!(name, "id" | "eid")
}

/// Whether a text is a day that exists (`2026-06-01`), or one with a time (RFC 3339; zone and seconds may be missing).
pub(crate) fn is_date(text: &str) -> bool {
    match text.split_at_checked(10) {
        Some((day, "")) => is_day(day),
        Some((day, _)) => {
            is_day(day) && (text.parse::<civil::DateTime>().is_ok() || text.parse::<Timestamp>().is_ok())
        }
        None => false,
    }
}

/// Whether a text is a day that exists, as `2026-06-01`.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_real_days_in_iso_form() {
        for good in
            ["2026-06-01", "2024-02-29", "2026-06-01T20:15:00", "2026-06-01 20:15", "2026-06-01T20:15:00Z"]
        {
            assert!(is_date(good), "{good}");
        }
        for bad in
            ["", "tomorrow", "01.06.2026", "2026-02-29", "2026-13-01", "20260601", "2026-06-01x", "6/1/26"]
        {
            assert!(!is_date(bad), "{bad}");
        }
        assert!(is_day("2026-06-01") && !is_day("2026-06-01T20:15:00") && !is_day("20260601"));
    }

    #[test]
    fn names_tell_what_a_field_holds() {
        assert!(is_date_field("date") && is_date_field("event_date") && !is_date_field("update"));
        assert!(is_required_field("eid") && !is_required_field("grid"));
    }
}
