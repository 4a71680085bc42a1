//! Findings as a table.

use console::{Alignment, measure_text_width, pad_str, style};

use crate::output::{Finding, Findings, plain};

/// How many are shown; the rest is counted.
const SHOWN: usize = 10;
/// What stands between two columns.
const GAP: &str = "  ";

/// The table's lines, without columns that nothing stands in.
pub(super) fn table(findings: &Findings) -> Vec<String> {
    let shown: Vec<&Finding> = findings.errors.iter().take(SHOWN).collect();
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let columns: [(&str, Alignment, Vec<String>); 5] = [
        ("row", Alignment::Right, shown.iter().map(|finding| number(finding.row)).collect()),
        ("line", Alignment::Right, shown.iter().map(|finding| number(finding.line)).collect()),
        ("column", Alignment::Left, texts(&shown, |finding| finding.column.as_deref())),
        ("code", Alignment::Left, texts(&shown, |finding| Some(&finding.code))),
        ("message", Alignment::Left, texts(&shown, |finding| finding.message.as_deref())),
    ];
    let columns: Vec<_> = columns
        .into_iter()
        .filter(|(_, _, cells)| cells.iter().any(|cell| !cell.is_empty()))
        .map(|(name, alignment, cells)| {
            let width = cells.iter().map(|cell| measure_text_width(cell)).max().unwrap_or(0);
            (name, alignment, width.max(name.len()), cells)
        })
        .collect();
    let row = |cell: &dyn Fn(&str, &[String]) -> String| {
        let cells = columns.iter().map(|(name, alignment, width, cells)| {
            pad_str(&cell(name, cells), *width, *alignment, None).into_owned()
        });
        format!("{GAP}{}", cells.collect::<Vec<_>>().join(GAP).trim_end())
    };
    let mut lines = Vec::new();
    if !shown.is_empty() {
        lines.push(style(row(&|name, _| name.to_owned())).dim().for_stderr().to_string());
    }
    lines
        .extend((0..shown.len()).map(|index| row(&|_, cells| cells.get(index).cloned().unwrap_or_default())));
    let listed = findings.errors.len();
    if let Some(more) = findings.total().checked_sub(shown.len() as u64).filter(|more| *more > 0) {
        let where_to_look = match listed > shown.len() {
            true if findings.total() > listed as u64 => format!(" (--output json has the first {listed})"),
            true => " (--output json has them all)".into(),
            false => String::new(),
        };
        lines.push(format!("{GAP}… and {more} more{where_to_look}"));
    }
    lines
}

fn texts<'a>(findings: &[&'a Finding], text: impl Fn(&'a Finding) -> Option<&'a str>) -> Vec<String> {
    findings.iter().map(|finding| plain(text(finding).unwrap_or_default()).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(row: Option<u64>, column: Option<&str>, code: &str, message: Option<&str>) -> Finding {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Finding { code: code.into(), message: text(message), row, line: None, column: text(column) }
    }

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        console::set_colors_enabled_stderr(false);
        let rows = Findings::all([
            finding(Some(3), Some("date"), "INVALID_DATE", Some("not a\u{1b}[31m date")),
            finding(Some(12), None, "NO_VENUE", None),
        ]);
        assert_eq!(
            table(&rows),
            [
                "  row  column  code          message",
                "    3  date    INVALID_DATE  not a\\u{1b}[31m date",
                "   12          NO_VENUE"
            ]
        );
        let bare = Findings::all([finding(None, None, "BAD", None)]);
        assert_eq!(table(&bare), ["  code", "  BAD"]);
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let some = |listed, total| Findings {
            errors_total: total,
            ..Findings::all(vec![finding(Some(1), None, "BAD", None); listed])
        };
        assert_eq!(table(&some(25, None)).last().unwrap(), "  … and 15 more (--output json has them all)");
        let last = table(&some(100, Some(4321))).pop().unwrap();
        assert_eq!(last, "  … and 4311 more (--output json has the first 100)");
        assert_eq!(table(&some(10, None)).len(), 11);
        assert!(table(&Findings::none()).is_empty());
    }
}
