use std::collections::HashSet;

use super::{Accepted, Refused, fields::problem, findings::Findings, layout};

/// Reads a DataFrame, in whichever layout it is.
pub(super) fn read(body: &[u8]) -> Result<Accepted, Refused> {
    let table = layout::read(body)?;
    if table.rows.is_empty() || table.names.is_empty() {
        return Err(Refused::new("the DataFrame has no row"));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = table.names.iter().find(|name| !seen.insert(&***name)) {
        return Err(Refused::new(format!("the DataFrame has the column '{twice}' twice")));
    }
    let names = table.names.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    let (mut accepted, mut findings) = (Accepted::default(), Findings::default());
    let mut record = String::new();
    for (number, row) in (1..).zip(&table.rows) {
        record.clear();
        for ((name, quoted), value) in table.names.iter().zip(&names).zip(row) {
            if let Some(problem) = problem(name, value) {
                findings.field(Some(number), name, problem);
            }
            record.push(if record.is_empty() { '{' } else { ',' });
            record.extend([quoted, ":", value.get()]);
        }
        record.push('}');
        accepted.push(&record);
    }
    findings.settle().map(|()| accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_holds_the_same_records() {
        let lines = "{\"eid\":\"e1\",\"sold\":1}\n{\"eid\":\"e2\",\"sold\":null}\n";
        for body in [
            r#"{"eid":{"0":"e1","1":"e2"},"sold":{"0":1,"1":null}}"#,
            r#"{"columns":["eid","sold"],"index":[0,1],"data":[["e1",1],["e2",null]]}"#,
            r#"{"eid":["e1","e2"],"sold":[1,null]}"#,
            r#"[{"eid":"e1","sold":1},{"eid":"e2","sold":null}]"#,
        ] {
            let accepted = read(body.as_bytes()).unwrap();
            assert_eq!(
                (accepted.records, String::from_utf8(accepted.lines).unwrap()),
                (2, lines.into()),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_no_table_is_refused_for_its_own_reason() {
        for (body, words) in [
            ("{}", "no row"),
            ("[]", "no row"),
            (r#"{"a":{}}"#, "no row"),
            (r#"{"a":1}"#, "no layout"),
            (r#"{"a":[1],"b":{"0":1}}"#, "no layout"),
            (r#"{"a":{"0":1},"b":{"0":1,"1":2}}"#, "column 'b' has 2 values and the first has 1"),
            (r#"{"a":{"0":1,"1":2},"b":{"0":1,"2":2}}"#, "column 'b' has another index"),
            (r#"{"a":[1,2],"b":[1]}"#, "column 'b' has 1 values"),
            (r#"{"a":[1],"a":[2]}"#, "'a' twice"),
            (r#"{"columns":["a"],"index":[0],"data":[]}"#, "1 labels and data has 0 rows"),
            (r#"{"columns":["a"],"index":[0],"data":[[1,2]]}"#, "row 1 has 2 values"),
            (r#"{"columns":["a"],"index":[0],"data":[1]}"#, "expected a sequence"),
            (r#"{"columns":[1],"index":[0],"data":[[1]]}"#, "expected a string"),
            (r#"[{"a":1},{"b":1}]"#, "row 2 has other columns"),
            ("[1]", "expected an object"),
            (r#"{"a":["#, "EOF"),
        ] {
            let refused = read(body.as_bytes()).unwrap_err();
            assert!(refused.message.contains(words), "{body}: {refused:?}");
        }
    }

    #[test]
    fn cells_are_checked_by_their_column() {
        let body = r#"{"eid":{"7":"e1","9":""},"sale_date":{"7":"x","9":1780000000000}}"#;
        let refused = read(body.as_bytes()).unwrap_err();
        let found: Vec<_> = refused.findings.iter().map(|f| (&*f.code, f.row, f.column.as_deref())).collect();
        assert_eq!(
            found,
            [("INVALID_DATE", Some(1), Some("sale_date")), ("MISSING_VALUE", Some(2), Some("eid"))]
        );
    }
}
