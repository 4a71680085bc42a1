//! Records sent in bulk, in lines for people.

use std::time::Duration;

use console::style;

use super::{findings, shown};
use crate::output::{IngestPlan, IngestResult, RowCounts, Status, plain, seconds};

/// The line of a run in which every record was accepted; off a terminal it is plain.
pub(super) fn line(result: &IngestResult, on_terminal: bool) -> Option<String> {
    if result.status != Status::Completed {
        return None;
    }
    let taken = Duration::try_from_secs_f64(result.seconds).unwrap_or_default();
    let details = format!("{}, {}, {}", rows(result.rows.accepted), batches(result.batches), seconds(taken));
    let (file, kind) = (shown(&result.file), result.kind);
    Some(if on_terminal {
        let (tick, kind) = (style("✓").green().bold(), style(kind).bold());
        format!("{tick} {file} {} {kind} {}", style("→").dim(), style(format!("({details})")).dim())
    } else {
        format!("{file} -> {kind} ({details})")
    })
}

/// What is to be said of a run in which not all went well, line by line.
pub(super) fn troubles(result: &IngestResult) -> Vec<String> {
    let Some(error) = &result.error else { return Vec::new() };
    let label = match result.status {
        Status::Aborted => style("stopped:").yellow().bold().for_stderr(),
        _ => style("error:").red().bold().for_stderr(),
    };
    let (message, file) = (plain(&error.message), shown(&result.file));
    let named = message.starts_with(&*file);
    let mut lines = vec![match named {
        true => format!("{label} {message}"),
        false => format!("{label} {file}: {message}"),
    }];
    if let Some(validation) = &result.validation {
        lines.extend(findings::table(validation));
    }
    let RowCounts { accepted, refused, unknown, not_sent, .. } = result.rows;
    let mut counts = vec![format!("{} accepted", rows(accepted))];
    let others = [
        (refused, "refused"),
        (unknown, "unknown (the answer was lost)"),
        (not_sent.unwrap_or(0), "not sent"),
    ];
    counts
        .extend(others.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    lines.push(format!("  {}", counts.join(", ")));
    for (path, what) in [(&result.dead_letter, "refused"), (&result.unknown_file, "unknown")] {
        if let Some(path) = path {
            lines.push(format!("  the {what} ones are kept in {}", plain(&path.to_string_lossy())));
        }
    }
    let hint = match (&result.dead_letter, &result.unknown_file) {
        (Some(path), _) => {
            format!("correct them there, then: upload ingest {} {}", result.kind, path.display())
        }
        (None, Some(path)) => {
            format!(
                "look on the platform whether they arrived; if not: upload ingest {} {}",
                result.kind,
                path.display()
            )
        }
        (None, None) => error.hint.clone().unwrap_or_default(),
    };
    lines.extend(
        (!hint.is_empty()).then(|| format!("{} {}", style(" hint:").cyan().for_stderr(), plain(&hint))),
    );
    lines
}

/// What `--dry-run` says.
pub(super) fn planned(plan: &IngestPlan<'_>) -> String {
    let IngestPlan { file, kind, rows: count, batches: number, columns, first } = plan;
    let mut text =
        format!("{}: would be sent as {kind} ({} in {})", shown(file), rows(*count), batches(*number));
    for (name, kind) in columns {
        text.push_str(&format!("\n  {}: {kind}", plain(name)));
    }
    if let Some(first) = first {
        text.push_str(&format!("\n  first: {}", plain(first)));
    }
    text
}

fn rows(count: u64) -> String {
    format!("{count} row{}", if count == 1 { "" } else { "s" })
}

fn batches(count: u64) -> String {
    format!("{count} batch{}", if count == 1 { "" } else { "es" })
}
