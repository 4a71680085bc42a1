use serde_json::value::RawValue;

use super::{
    Accepted, Refused,
    fields::{Fields, problem},
    findings::Findings,
};

/// Reads an array of records.
pub(super) fn read(body: &[u8]) -> Result<Accepted, Refused> {
    let records: Vec<&RawValue> = serde_json::from_slice(body)?;
    if records.is_empty() {
        return Err(Refused::new("the array has no record"));
    }
    let (mut accepted, mut findings) = (Accepted::default(), Findings::default());
    for (number, record) in (1..).zip(records) {
        let Ok(Fields(fields)) = serde_json::from_str(record.get()) else {
            findings.push(Some(number), None, "NOT_AN_OBJECT", "a record is an object");
            continue;
        };
        if fields.is_empty() {
            findings.push(Some(number), None, "EMPTY_RECORD", "a record has at least one field");
        }
        for (name, value) in &fields {
            if let Some(problem) = problem(name, value) {
                findings.field(Some(number), name, problem);
            }
        }
        accepted.push(record.get());
    }
    findings.settle().map(|()| accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<(String, Option<u64>, Option<String>)> {
        let findings = read(body.as_bytes()).unwrap_err().findings;
        findings.into_iter().map(|finding| (finding.code, finding.row, finding.column)).collect()
    }

    #[test]
    fn records_come_out_as_they_came_in_one_a_line() {
        let body =
            "[ {\"id\": 1,\n \"name\": \"a\\nb\"},\r\n{\"sale_date\":\"2026-06-01\", \"x\":{\"y\":[1e3]}}]";
        let accepted = read(body.as_bytes()).unwrap();
        assert_eq!(accepted.records, 2);
        assert_eq!(
            String::from_utf8(accepted.lines).unwrap(),
            "{\"id\": 1,  \"name\": \"a\\nb\"}\n{\"sale_date\":\"2026-06-01\", \"x\":{\"y\":[1e3]}}\n"
        );
    }

    #[test]
    fn each_bad_field_is_found_with_record_and_name() {
        let body = r#"[{"id":1},{"id":null,"sale_date":"soon"},7,{},{"eid":" ","date":true},{"date":null},{"date":5}]"#;
        let finding =
            |code: &str, row, column: Option<&str>| (code.into(), Some(row), column.map(str::to_owned));
        assert_eq!(
            found(body),
            [
                finding("MISSING_VALUE", 2, Some("id")),
                finding("INVALID_DATE", 2, Some("sale_date")),
                finding("NOT_AN_OBJECT", 3, None),
                finding("EMPTY_RECORD", 4, None),
                finding("MISSING_VALUE", 5, Some("eid")),
                finding("INVALID_DATE", 5, Some("date")),
            ]
        );
    }

    #[test]
    fn what_is_no_array_of_records_is_refused_whole() {
        for (body, words) in [
            ("[]", "no record"),
            ("{}", "expected a sequence"),
            (r#"[{"a":1},{"a":]"#, "column 15"),
            ("[{}] x", "trailing"),
            ("", "EOF"),
        ] {
            let refused = read(body.as_bytes()).unwrap_err();
            assert!(refused.message.contains(words) && refused.findings.is_empty(), "{refused:?}");
        }
    }
}
