//! The tables.

use std::fmt::Write;

use super::{
    case::Unit,
    client::{Client, Role},
    machine::Machine,
    rounds::{Measured, MeasuredRow},
    statistics::{Summary, ratio},
};

type Values = Box<dyn Fn(&MeasuredRow) -> Vec<f64>>;

/// One thing that is measured.
struct Metric {
    title: &'static str,
    scale: f64,
    values: Values,
}

/// Everything as Markdown.
pub(super) fn markdown(machine: &Machine, measured: &[Measured]) -> String {
    let mut text = String::new();
    let Machine { cpu, cores, features, memory_gib, kernel, revision, load_before, load_after, .. } = machine;
    let features = features.join(", ");
    writeln!(text, "{cpu}, {cores} cores ({features}), {memory_gib} GiB, Linux {kernel}; workspace at {revision}; load average {load_before:.2} before, {load_after:.2} after.\n").ok();
    let versions = machine.versions.iter().map(|(name, version)| format!("{name} {version}"));
    writeln!(text, "{}.\n", versions.collect::<Vec<_>>().join("; ")).ok();
    for case in measured {
        table(&mut text, case);
    }
    text
}

fn metrics(unit: Unit) -> [Metric; 3] {
    let (title, scale) = match unit {
        Unit::Gib => ("CPU s/GiB", 1.0),
        Unit::File => ("CPU ms/file", 1000.0),
        Unit::Run => ("CPU ms", 1000.0),
    };
    let (wall, wall_scale) = if unit == Unit::Run { ("wall ms", 1000.0) } else { ("wall s", 1.0) };
    [
        Metric { title, scale, values: Box::new(move |row| row.cpu(unit)) },
        Metric { title: wall, scale: wall_scale, values: Box::new(MeasuredRow::wall) },
        Metric { title: "RSS MiB", scale: 1.0, values: Box::new(MeasuredRow::rss) },
    ]
}

fn table(text: &mut String, case: &Measured) {
    let unit = case.case.unit();
    let metrics = metrics(unit);
    let rounds = case.rows.iter().map(|row| row.samples.len()).max().unwrap_or(0);
    writeln!(text, "### {}\n\n{rounds} rounds.\n", case.title).ok();
    let bases = if is_alone(case) { "÷ first" } else { "÷ floor, curl, best peer" };
    write!(text, "| client |").ok();
    for metric in &metrics {
        write!(text, " {} | {bases} |", metric.title).ok();
    }
    writeln!(text, "\n|---|{}", "---|".repeat(2 * metrics.len())).ok();
    for row in &case.rows {
        write!(text, "| {} |", row.row.name()).ok();
        for metric in &metrics {
            write!(text, " {} | {} |", told(row, metric), ratios(row, case, metric)).ok();
        }
        writeln!(text).ok();
    }
    let server: Vec<f64> = case.rows.iter().flat_map(|row| row.server_cpu(unit)).collect();
    if let Some(server) = Summary::of(&server) {
        let Metric { title, scale, .. } = &metrics[0];
        let [median, min, max] = [server.median, server.min, server.max].map(|value| figures(value * scale));
        writeln!(text, "\nThe server's own {title}: {median} ({min}–{max}).").ok();
    }
    for missing in &case.missing {
        writeln!(text, "\nNot measured: {}.", missing.replace('\n', " ")).ok();
    }
    writeln!(text, "\n<details><summary>commands</summary>\n\n```sh\n{}", case.server).ok();
    for row in &case.rows {
        writeln!(text, "{}", row.command).ok();
    }
    writeln!(text, "```\n\n</details>\n").ok();
}

fn told(row: &MeasuredRow, metric: &Metric) -> String {
    let Some(summary) = Summary::of(&(metric.values)(row)) else { return "–".into() };
    let [median, min, max] =
        [summary.median, summary.min, summary.max].map(|value| figures(value * metric.scale));
    format!("{median} ({min}–{max})")
}

/// Whether there is nobody but us.
fn is_alone(case: &Measured) -> bool {
    case.rows.iter().all(|row| row.row.client.role() == Role::Ours)
}

/// To the floor, to curl, and to the best of the peers, each by this metric; to our own first row where there is nobody
/// else.
fn ratios(row: &MeasuredRow, case: &Measured, metric: &Metric) -> String {
    let values = (metric.values)(row);
    let to = |base: Option<&MeasuredRow>| {
        let ratio = base.and_then(|base| ratio(&values, &(metric.values)(base)));
        ratio.map_or("–".to_owned(), figures)
    };
    if is_alone(case) {
        return to(case.rows.first());
    }
    let best = |is_candidate: &dyn Fn(&MeasuredRow) -> bool| {
        let median =
            |row: &&MeasuredRow| Summary::of(&(metric.values)(row)).map_or(f64::MAX, |all| all.median);
        let candidates = case.rows.iter().filter(|row| is_candidate(row));
        candidates.min_by(|a, b| median(a).total_cmp(&median(b)))
    };
    // sendfile cannot be had over TLS or from a stream, so hyper and rustls are what is asked for.
    let floor = best(&|row| row.row.client.role() == Role::Floor && row.row.client != Client::Sendfile);
    let curl = best(&|row| row.row.client == Client::Curl);
    let peer = best(&|row| row.row.client.role() == Role::Peer);
    format!("{}, {}, {}", to(floor), to(curl), to(peer))
}

/// Three figures that count.
fn figures(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 0.1 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_to_three_figures() {
        assert_eq!(
            [123.4, 12.34, 1.234, 0.1234, 0.01234].map(figures),
            ["123", "12.3", "1.23", "0.12", "0.012"]
        );
    }
}
