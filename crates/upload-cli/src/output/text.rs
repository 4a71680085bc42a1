//! Numbers as people read them.

use std::time::Duration;

use bytesize::ByteSize;

/// Bytes in binary units, such as `300.0 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    ByteSize::b(count).display().iec().to_string()
}

/// Bytes a second over a span of time, such as `12.3 MiB/s`.
pub(crate) fn rate(count: u64, span: Duration) -> String {
    let nanoseconds = span.as_nanos().max(1);
    let per_second = u128::from(count) * 1_000_000_000 / nanoseconds;
    format!("{}/s", bytes(u64::try_from(per_second).unwrap_or(u64::MAX)))
}

/// A span of time, as exactly as it matters.
pub(crate) fn seconds(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return format!("{} ms", span.as_millis());
    }
    if span < Duration::from_secs(60) {
        return format!("{:.1} s", span.as_secs_f64());
    }
    humantime::format_duration(Duration::from_secs(span.as_secs())).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(bytes(300 << 20), "300.0 MiB");
        assert_eq!(bytes(12), "12 B");
        assert_eq!(rate(10 << 20, Duration::from_secs(2)), "5.0 MiB/s");
        assert_eq!(rate(10, Duration::ZERO), bytes(10_000_000_000) + "/s");
        assert_eq!(seconds(Duration::from_micros(9_800)), "9 ms");
        assert_eq!(seconds(Duration::from_millis(4_210)), "4.2 s");
        assert_eq!(seconds(Duration::from_millis(61_500)), "1m 1s");
    }
}
