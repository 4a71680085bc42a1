//! Transaction summaries: checked against their documented shape, and gathered from the rows of a CSV.

use serde::Deserialize;
use upload_proto::{TicketFigures, TransactionSummary};

use super::{InputError, calendar::is_date, typing::FieldType};

/// The documented columns of a CSV of summaries, one row a type of ticket.
const COLUMNS: &str = "eid, from, to, type, sold, revenue";

/// What a column of such a CSV is.
pub(super) fn type_of(column: &str) -> Option<FieldType> {
    match column {
        "eid" | "type" => Some(FieldType::Text),
        "from" | "to" => Some(FieldType::Date),
        "sold" => Some(FieldType::Integer),
        "revenue" => Some(FieldType::Number),
        _ => None,
    }
}

/// Checks a summary before it is sent.
///
/// # Errors
/// For another shape than the documented one, and for days and figures that cannot be.
pub(super) fn check(json: &str) -> Result<(), InputError> {
    let summary: TransactionSummary = serde_json::from_str(json).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default().to_owned();
        InputError::new(format!("not a transaction summary: {words}"))
            .hint("its fields are eid, from, to and tickets: [{type, sold, revenue}]")
    })?;
    let TransactionSummary { eid, from, to, tickets } = &summary;
    let trouble = if eid.trim().is_empty() {
        "its eid is empty".to_owned()
    } else if let Some(day) = [from, to].into_iter().find(|day| !is_date(day)) {
        format!("'{day}' is no date such as 2026-06-01")
    } else if from > to {
        format!("it runs from {from} to {to}, which is before")
    } else if tickets.is_empty() {
        "it has no tickets".to_owned()
    } else if let Some(ticket) = tickets.iter().find(|ticket| ticket.revenue < 0.0) {
        format!("the revenue of '{}' is negative", ticket.kind)
    } else {
        return Ok(());
    };
    Err(InputError::new(format!("event '{eid}': {trouble}")))
}

/// Gathers rows that follow each other and have the same event and days into one summary.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    open: Option<(TransactionSummary, u64)>,
}

#[derive(Deserialize)]
struct Row {
    eid: String,
    from: String,
    to: String,
    #[serde(flatten)]
    figures: TicketFigures,
}

impl Grouping {
    /// Takes in a row; answers the summary that it ends, with the line it began on.
    pub(super) fn take(&mut self, json: &str, line: u64) -> Result<Option<(String, u64)>, InputError> {
        let Row { eid, from, to, figures } = serde_json::from_str(json).map_err(|error| {
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default().to_owned();
            InputError::new(words).at_line(line).hint(format!("its columns are {COLUMNS}, and none is empty"))
        })?;
        if let Some((open, _)) = &mut self.open
            && (&open.eid, &open.from, &open.to) == (&eid, &from, &to)
        {
            open.tickets.push(figures);
            return Ok(None);
        }
        let opened = (TransactionSummary { eid, from, to, tickets: vec![figures] }, line);
        Ok(self.open.replace(opened).and_then(written))
    }

    /// The last summary.
    pub(super) fn finish(self) -> Option<(String, u64)> {
        self.open.and_then(written)
    }
}

fn written((summary, line): (TransactionSummary, u64)) -> Option<(String, u64)> {
    // Every field of it serialises.
    serde_json::to_string(&summary).ok().map(|json| (json, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named() {
        let json = |eid: &str, from: &str, to: &str, revenue: &str| {
            format!(
                r#"{{"eid":"{eid}","from":"{from}","to":"{to}","tickets":[{{"type":"a","sold":1,"revenue":{revenue}}}]}}"#
            )
        };
        assert!(check(&json("e", "2026-06-01", "2026-06-01", "1.5")).is_ok());
        for (json, words) in [
            (json(" ", "2026-06-01", "2026-06-02", "1"), "eid is empty"),
            (json("e", "2026-06-31", "2026-07-02", "1"), "'2026-06-31'"),
            (json("e", "2026-06-02", "2026-06-01", "1"), "before"),
            (json("e", "2026-06-01", "2026-06-02", "-1"), "negative"),
            (r#"{"eid":"e"}"#.into(), "missing field"),
            (r#"{"eid":"e","from":"2026-06-01","to":"2026-06-01","tickets":[]}"#.into(), "no tickets"),
        ] {
            assert!(check(&json).unwrap_err().to_string().contains(words), "{json}");
        }
    }

    #[test]
    fn rows_of_the_same_event_and_days_are_one_summary() {
        let row = |eid: &str, kind: &str| {
            format!(
                r#"{{"eid":"{eid}","from":"2026-06-01","to":"2026-06-02","type":"{kind}","sold":1,"revenue":2}}"#
            )
        };
        let mut grouping = Grouping::default();
        assert_eq!(grouping.take(&row("a", "x"), 2).unwrap(), None);
        assert_eq!(grouping.take(&row("a", "y"), 3).unwrap(), None);
        let (first, line) = grouping.take(&row("b", "x"), 4).unwrap().unwrap();
        assert!(line == 2 && first.contains(r#""type":"x""#) && first.contains(r#""type":"y""#), "{first}");
        assert_eq!(grouping.finish().unwrap().1, 4);
        assert!(Grouping::default().take(r#"{"eid":"a"}"#, 7).unwrap_err().to_string().contains("line 7"));
    }
}
