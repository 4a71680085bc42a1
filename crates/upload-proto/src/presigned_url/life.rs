//! From when until when a presigned URL holds, by its own query.

use std::{
    ops::Range,
    time::{Duration, SystemTime},
};

fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// When the storage stops accepting a URL of this query.
pub(super) fn expires_at(query: &str) -> Option<SystemTime> {
    let seconds = match (value(query, "X-Amz-Date"), value(query, "X-Amz-Expires")) {
        (Some(date), Some(life)) => amz_date(date)?.checked_add(life.parse().ok()?)?,
        _ => value(query, "Expires")?.parse().ok()?,
    };
    since_epoch(seconds)
}

/// When a URL of this query was signed.
pub(super) fn signed_at(query: &str) -> Option<SystemTime> {
    value(query, "X-Amz-Date").and_then(amz_date).and_then(since_epoch)
}

fn since_epoch(seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Epoch seconds of `YYYYMMDDTHHMMSSZ`.
fn amz_date(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let number = |range: Range<usize>| text.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days from 1970-01-01 in the Gregorian calendar, for years from 1970.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let is_leap = |y: u64| (y.is_multiple_of(4) && !y.is_multiple_of(100)) || y.is_multiple_of(400);
    let leap_years_before = |y: u64| (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400;
    let before_year = (year - 1970) * 365 + leap_years_before(year) - leap_years_before(1970);
    let month_start = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap_day = u64::from(month > 2 && is_leap(year));
    let index = usize::try_from(month - 1).unwrap_or_default();
    before_year + month_start[index] + leap_day + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_agree() {
        // Each from `date -u -d … +%s`.
        for (date, seconds) in [
            ("19700101T000000Z", 0),
            ("20000229T235959Z", 951_868_799),
            ("20240301T000000Z", 1_709_251_200),
            ("21000301T000000Z", 4_107_542_400),
        ] {
            assert_eq!(amz_date(date), Some(seconds), "{date}");
        }
        for bad in ["", "20260601", "20261301T000000Z", "2026é601T000000", "19690101T000000Z"] {
            assert_eq!(amz_date(bad), None, "{bad}");
        }
    }
}
