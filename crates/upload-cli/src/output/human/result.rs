use std::time::Duration;

use console::style;

use super::{findings, shown};
use crate::output::{FileResult, Started, Status, Summary, bytes, plain, rate, seconds};

/// The line of a file that has arrived; `None` for others. Off a terminal it is plain, for scripts to cut up.
pub(super) fn line(result: &FileResult, on_terminal: bool) -> Option<String> {
    let FileResult { status: Status::Completed, object_key, media, path, taken_as, .. } = result else {
        return None;
    };
    let (file, path) = (&result.file, path.as_ref().map(|path| path.display().to_string()));
    let url = media.as_ref().map(|media| media.url.clone());
    let key = object_key.clone().or(url).or(path).or(taken_as.clone())?;
    let key = plain(&key);
    let (file, details) = (shown(file), details(result).join(", "));
    Some(if on_terminal {
        let (tick, key) = (style("✓").green().bold(), style(key).bold());
        format!("{tick} {file} {} {key} {}", style("→").dim(), style(format!("({details})")).dim())
    } else {
        format!("{file} -> {key} ({details})")
    })
}

fn details(result: &FileResult) -> Vec<String> {
    let mut details = Vec::new();
    let count = result.bytes.unwrap_or_default();
    details.push(bytes(count));
    if let Some(parts) = result.parts.filter(|parts| *parts > 1) {
        details.push(format!("{parts} parts"));
    }
    if let Some(taken) = result.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        details.push(seconds(taken));
        if taken >= Duration::from_secs(1) {
            details.push(rate(count, taken));
        }
    }
    if let Some(resumed) = result.resumed_bytes.filter(|resumed| *resumed > 0) {
        details.push(format!("{} of it from before", bytes(resumed)));
    }
    match result.retries {
        None | Some(0) => {}
        Some(1) => details.push("1 retry".into()),
        Some(retries) => details.push(format!("{retries} retries")),
    }
    if result.validation.as_ref().is_some_and(|validation| validation.valid) {
        details.push("valid".into());
    }
    details
}

/// What is to be said of a file that did not make it, line by line.
pub(super) fn troubles(result: &FileResult) -> Vec<String> {
    let Some(error) = &result.error else { return Vec::new() };
    let label = match result.status {
        Status::Aborted => style("aborted:").yellow().bold().for_stderr(),
        _ => style("error:").red().bold().for_stderr(),
    };
    // Errors about a local file begin with its name already.
    let (message, file) = (plain(&error.message), shown(&result.file));
    let named = message.starts_with(&*file);
    let mut lines = vec![match named {
        true => format!("{label} {message}"),
        false => format!("{label} {file}: {message}"),
    }];
    // A finding that the message tells already needs no table.
    if let Some(validation) = &result.validation
        && !validation.is_told_by(&error.message)
    {
        lines.extend(findings::table(validation));
    }
    if let Some(hint) = &error.hint {
        lines.push(format!("{} {}", style(" hint:").cyan().for_stderr(), plain(hint)));
    }
    lines
}

/// What a batch came to.
pub(super) fn summary(summary: &Summary) -> String {
    let Summary { completed, failed, aborted, skipped, bytes: count, seconds: taken } = summary;
    let taken = Duration::try_from_secs_f64(*taken).unwrap_or_default();
    let mut text = format!("{completed} of {} files uploaded", summary.files());
    for (number, what) in [(failed, "failed"), (aborted, "aborted"), (skipped, "not sent")] {
        if *number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    format!("{text} ({} in {})", bytes(*count), seconds(taken))
}

/// What `--dry-run` says of a file.
pub(super) fn planned(planned: &Started<'_>) -> String {
    let Started { file, name, pattern, upload_type, bytes: count, parts, part_size, .. } = planned;
    let kind = upload_type.map(|kind| format!(", as {kind}")).unwrap_or_default();
    let cut = match part_size {
        Some(size) if *parts > 1 => format!(", {parts} parts of {}", bytes(*size)),
        Some(_) => ", 1 part".into(),
        None => String::new(),
    };
    let (file, name) = (shown(file), plain(name));
    format!("{file}: would be sent as '{name}' ({}, {pattern}{cut}{kind})", bytes(*count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::{CliError, ErrorKind},
        output::{Finding, Findings},
    };

    #[test]
    fn off_a_terminal_a_result_is_one_plain_line() {
        let result = FileResult {
            object_key: Some("in/a.csv".into()),
            bytes: Some(300 << 20),
            parts: Some(19),
            seconds: Some(3.0),
            retries: Some(2),
            validation: Some(Findings::none()),
            ..FileResult::bare("a.csv", Status::Completed, None)
        };
        let expected = "a.csv -> in/a.csv (300.0 MiB, 19 parts, 3.0 s, 100.0 MiB/s, 2 retries, valid)";
        assert_eq!(line(&result, false).unwrap(), expected);
        assert!(troubles(&result).is_empty());
    }

    #[test]
    fn a_summary_counts_what_there_is_to_count() {
        let all = Summary { completed: 2, bytes: 2 << 20, seconds: 1.5, ..Summary::default() };
        assert_eq!(summary(&all), "2 of 2 files uploaded (2.0 MiB in 1.5 s)");
        let some = Summary { failed: 1, skipped: 3, ..all };
        assert_eq!(summary(&some), "2 of 6 files uploaded, 1 failed, 3 not sent (2.0 MiB in 1.5 s)");
    }

    #[test]
    fn findings_are_listed_up_to_a_screenful() {
        console::set_colors_enabled_stderr(false);
        let finding = Finding { code: "BAD".into(), row: Some(3), ..Finding::default() };
        let result = FileResult {
            validation: Some(Findings::all(vec![finding; 25])),
            ..FileResult::bare("a.csv", Status::Failed, Some(&CliError::new(ErrorKind::Content, "refused")))
        };
        let lines = troubles(&result);
        assert_eq!(lines.len(), 13);
        assert_eq!((lines[0].as_str(), lines[2].as_str()), ("error: a.csv: refused", "    3  BAD"));
        assert!(lines[12].contains("15 more"));
    }
}
