//! Days and times as ISO 8601 writes them. They are looked at, never converted.

/// Whether this is a day of the Gregorian calendar, as `YYYY-MM-DD`.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shaped {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Whether this is a day and a time of day, as RFC 3339 writes them; seconds and the offset may be missing, and a space may
/// stand for the `T`.
pub(super) fn is_datetime(text: &str) -> bool {
    let (Some(day), Some(rest)) = (text.get(..10), text.get(10..)) else { return false };
    let Some(rest) = rest.strip_prefix(['T', ' ']) else { return false };
    let (time, offset) = match rest.find(['Z', '+', '-']) {
        Some(at) => rest.split_at(at),
        None => (rest, "Z"),
    };
    let is_offset = offset == "Z" || is_clock(&offset[1..], false);
    is_date(day) && is_clock(time, true) && is_offset
}

/// `HH:MM`, where `with_seconds` also `HH:MM:SS` and `HH:MM:SS.fff`.
fn is_clock(text: &str, with_seconds: bool) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    // A leap second is the sixtieth.
    let limits = [23, 59, 60];
    let steps: Vec<&str> = whole.split(':').collect();
    let is_long_enough = steps.len() == 2 || (with_seconds && steps.len() == 3);
    let is_fraction = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let in_range = steps.iter().zip(limits).all(|(step, most)| {
        step.len() == 2 && is_fraction(step) && step.parse::<u8>().is_ok_and(|number| number <= most)
    });
    is_long_enough && in_range && fraction.is_none_or(|part| steps.len() == 3 && is_fraction(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_one_of_a_day_that_exists() {
        for good in [
            "2026-06-01T19:30:00Z",
            "2026-06-01 19:30",
            "2024-02-29T00:00:60.123+02:00",
            "2026-06-01T19:30-05:30",
        ] {
            assert!(is_datetime(good), "{good}");
        }
        for bad in [
            "2026-06-01",
            "2026-02-29T10:00",
            "2026-06-01T24:00",
            "2026-06-01T10:60",
            "2026-06-01T1:00",
            "2026-06-01T10",
            "2026-06-01T10:00.5",
            "2026-06-01T10:00:00.",
            "2026-06-01T10:00+2",
            "2026-06-01T10:00Zx",
            "2026-06-01x10:00",
            "2026-06-01T+1:00",
            "2026-06-01Tü0:00",
            "2026-06-0é",
        ] {
            assert!(!is_datetime(bad), "{bad}");
        }
    }
}
