//! Numbers as people read them, and texts of others' making.

use std::{borrow::Cow, io::Write as _, time::Duration};

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

/// A span of time in its largest unit only.
pub(crate) fn roughly(span: Duration) -> String {
    let text = humantime::format_duration(Duration::from_secs(span.as_secs())).to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
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

/// A text of another's making, such as a file's name or a server's words, on one line and with nothing in it that a
/// terminal would obey: control characters, and those that turn the direction of writing, stand there as their escapes.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let escaped = |character: char| {
        if is_obeyed(character) { character.escape_default().to_string() } else { character.into() }
    };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// Tells what is wrong with a command line, or what was asked for instead of a command: help, the version.
pub(crate) fn print_usage_error(error: &clap::Error) {
    let text = error.render().to_string();
    // The text is without colours, and with them goes what an argument has of the kind: the arguments tell.
    let quotes_odd = std::env::args_os().any(|argument| argument.to_string_lossy().contains(is_obeyed));
    // Where nobody reads the message there is nobody to tell.
    if quotes_odd || text.split('\n').any(|line| line.contains(is_obeyed)) {
        // An argument may be a file's name that a shell's `*` stands for.
        let lines: Vec<_> = text.trim_end().split('\n').map(plain).collect();
        let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
    } else {
        let _ = error.print();
    }
}

fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_would_obey_stays_in_a_text() {
        assert!(matches!(plain("Zürich – 東京 [31m.csv"), Cow::Borrowed(_)));
        assert_eq!(
            plain("a\u{1b}[2J\r\nb\u{9b}\u{7f}\t\u{202e}c"),
            r"a\u{1b}[2J\r\nb\u{9b}\u{7f}\t\u{202e}c"
        );
    }

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
