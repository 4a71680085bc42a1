use serde_json::Value;
use upload_proto::TransactionSummary;

use super::{Accepted, Refused, findings::Findings};
use crate::content::{Problem, is_day};

/// Reads the sales figures of one event.
pub(super) fn read(body: &[u8]) -> Result<Accepted, Refused> {
    let summary: TransactionSummary = serde_json::from_slice(body)?;
    check_objects(&serde_json::from_slice(body)?)?;
    check(&summary).settle()?;
    let mut accepted = Accepted::default();
    accepted.push(std::str::from_utf8(body).map_err(|error| Refused::new(error.to_string()))?.trim());
    Ok(accepted)
}

/// serde would also read an object's values without its names, from an array.
fn check_objects(body: &Value) -> Result<(), Refused> {
    let tickets = body.get("tickets").and_then(Value::as_array);
    if tickets.is_some_and(|tickets| tickets.iter().all(Value::is_object)) {
        return Ok(());
    }
    Err(Refused::new("not the JSON that is wanted: an object, whose tickets are objects"))
}

fn check(summary: &TransactionSummary) -> Findings {
    let mut findings = Findings::default();
    if summary.eid.trim().is_empty() {
        findings.field(None, "eid", Problem::Missing);
    }
    for (name, day) in [("from", &summary.from), ("to", &summary.to)] {
        if !is_day(day) {
            findings.field(None, name, Problem::InvalidDate);
        }
    }
    // In this form, dates sort as text does.
    if is_day(&summary.from) && is_day(&summary.to) && summary.from > summary.to {
        findings.push(None, Some("to"), "DATES_REVERSED", "the last day is before the first");
    }
    if summary.tickets.is_empty() {
        findings.field(None, "tickets", Problem::Missing);
    }
    for (number, ticket) in (1..).zip(&summary.tickets) {
        if ticket.kind.trim().is_empty() {
            findings.field(Some(number), "type", Problem::Missing);
        }
        if ticket.revenue < 0.0 {
            findings.push(Some(number), Some("revenue"), "NEGATIVE_VALUE", "revenue is at least 0");
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"eid":"e1","from":"2026-06-01","to":"2026-06-12",
        "tickets":[{"type":"standard","sold":412,"revenue":18540}]}"#;

    #[test]
    fn the_documented_body_is_taken_as_it_is() {
        let accepted = read(GOOD.as_bytes()).unwrap();
        assert_eq!(accepted.lines, format!("{}\n", GOOD.replace('\n', " ")).into_bytes());
        assert!(read(GOOD.replace("2026-06-12", "2026-06-01").as_bytes()).is_ok(), "one day is a range");
    }

    #[test]
    fn figures_that_make_no_sense_are_found() {
        for (good, bad, code, column) in [
            ("\"e1\"", "\" \"", "MISSING_VALUE", "eid"),
            ("2026-06-01", "2026-06-31", "INVALID_DATE", "from"),
            ("2026-06-12", "soon", "INVALID_DATE", "to"),
            ("2026-06-01", "2026-07-01", "DATES_REVERSED", "to"),
            ("standard", "", "MISSING_VALUE", "type"),
            ("18540", "-0.5", "NEGATIVE_VALUE", "revenue"),
        ] {
            let refused = read(GOOD.replace(good, bad).as_bytes()).unwrap_err();
            let [finding] = &refused.findings[..] else { panic!("{refused:?}") };
            assert_eq!((&*finding.code, finding.column.as_deref()), (code, Some(column)));
        }
        let none = r#"{"eid":"e1","from":"2026-06-01","to":"2026-06-12","tickets":[]}"#;
        assert_eq!(read(none.as_bytes()).unwrap_err().findings[0].column.as_deref(), Some("tickets"));
    }

    #[test]
    fn another_shape_is_refused_whole() {
        for (good, bad, words) in [
            ("\"eid\"", "\"event\"", "unknown field `event`"),
            ("412", "-1", "invalid value"),
            ("412", "\"412\"", "invalid type"),
            ("18540", "1e999", "out of range"),
            ("\"sold\":412,", "", "missing field `sold`"),
            ("18540", "1,\"x\":2", "unknown field `x`"),
        ] {
            let refused = read(GOOD.replace(good, bad).as_bytes()).unwrap_err();
            assert!(refused.message.contains(words) && refused.findings.is_empty(), "{refused:?}");
        }
        for unnamed in [
            r#"["e1","2026-06-01","2026-06-12",[{"type":"standard","sold":412,"revenue":18540}]]"#,
            r#"{"eid":"e1","from":"2026-06-01","to":"2026-06-12","tickets":[["standard",412,18540]]}"#,
        ] {
            assert!(read(unnamed.as_bytes()).unwrap_err().message.contains("an object"), "{unnamed}");
        }
    }
}
