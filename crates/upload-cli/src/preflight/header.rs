use std::collections::HashMap;

use super::Report;

/// Checks the names in the first record, and that those that are expected are among them.
pub(super) fn check(names: &[String], line: u64, expected: &[String], report: &mut Report) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        let (name, place) = (name.trim(), index + 1);
        if name.is_empty() {
            report.find(
                "EMPTY_NAME",
                Some(line),
                Some(place.to_string()),
                format!("column {place} has no name"),
            );
        } else if let Some(first) = seen.insert(name, place) {
            let message = format!("columns {first} and {place} are both called '{name}'");
            report.find("DUPLICATE_NAME", Some(line), Some(name.to_owned()), message);
        }
    }
    for name in expected.iter().filter(|name| !seen.contains_key(name.as_str())) {
        report.find("MISSING_COLUMN", Some(line), Some(name.clone()), format!("there is no column '{name}'"));
    }
    if let [only] = names
        && let Some(delimiter) = [';', '\t', '|'].into_iter().find(|delimiter| only.contains(*delimiter))
    {
        let shown = if delimiter == '\t' { "tabs".into() } else { format!("'{delimiter}'") };
        report.warning = Some(format!(
            "its header is one column; are the columns separated by {shown}? commas are expected"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::codes;

    fn checked(names: &[&str], expected: &[&str]) -> Report {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut report = Report::default();
        check(&own(names), 1, &own(expected), &mut report);
        report
    }

    #[test]
    fn names_are_there_and_differ() {
        assert!(checked(&["a", "b"], &["b"]).is_clean());
        let report = checked(&["a", " ", "a", "b"], &["c"]);
        let expected = [
            ("EMPTY_NAME", Some(1), Some("2")),
            ("DUPLICATE_NAME", Some(1), Some("a")),
            ("MISSING_COLUMN", Some(1), Some("c")),
        ];
        assert_eq!(codes(&report), expected);
    }

    #[test]
    fn another_delimiter_is_suspected_and_not_condemned() {
        for header in ["id;name", "id\tname"] {
            let report = checked(&[header], &[]);
            assert!(report.is_clean() && report.warning.is_some(), "{header}");
        }
        assert_eq!(checked(&["id"], &[]).warning, None);
    }
}
