use std::collections::HashMap;

use bytes::Bytes;
use upload_proto::{IngestKind, IngestShape, Orient};

use super::{Batch, InputError, fields::Fields, typing::push_string};

/// A batch as the body that its kind wants.
///
/// # Errors
/// For a record that a DataFrame cannot hold.
pub(crate) fn body(kind: IngestKind, orient: Orient, batch: &Batch) -> Result<Bytes, InputError> {
    let text = match (kind.shape(), orient) {
        // One to a batch.
        (IngestShape::Object, _) => {
            batch.records.first().map(|record| record.json.clone()).unwrap_or_default()
        }
        (IngestShape::Records, _) | (IngestShape::DataFrame, Orient::Records) => records(batch),
        (IngestShape::DataFrame, orient) => Frame::of(batch)?.write(orient),
    };
    Ok(text.into())
}

fn records(batch: &Batch) -> String {
    list(batch.records.iter().map(|record| record.json.as_str()))
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::from("[");
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(item);
    }
    out.push(']');
    out
}

/// Records by column. Where a record lacks a field it is `null`; columns stand in the order in which they first appear.
struct Frame<'a> {
    columns: Vec<(String, Vec<&'a str>)>,
    rows: usize,
}

impl<'a> Frame<'a> {
    fn of(batch: &'a Batch) -> Result<Self, InputError> {
        let mut columns: Vec<(String, Vec<&'a str>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (row, record) in batch.records.iter().enumerate() {
            let Fields(fields) = Fields::of(record)?;
            for (name, value) in fields {
                let place = *places.entry(name).or_insert_with_key(|name| {
                    columns.push((name.clone(), Vec::new()));
                    columns.len() - 1
                });
                let values = &mut columns[place].1;
                values.resize(row, "null");
                values.push(value);
            }
        }
        let rows = batch.records.len();
        columns.iter_mut().for_each(|(_, values)| values.resize(rows, "null"));
        Ok(Self { columns, rows })
    }

    fn write(&self, orient: Orient) -> String {
        let by_column = |values: &dyn Fn(&[&str]) -> String| {
            let fields = self.columns.iter().map(|(name, own)| {
                let mut field = String::new();
                push_string(name, &mut field);
                field.push(':');
                field.push_str(&values(own));
                field
            });
            object(fields)
        };
        match orient {
            Orient::List => by_column(&|values| list(values.iter().copied())),
            Orient::Split => {
                let quoted: Vec<String> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
                let index: Vec<String> = (0..self.rows).map(|row| row.to_string()).collect();
                let data: Vec<String> = (0..self.rows)
                    .map(|row| list(self.columns.iter().map(|(_, values)| values[row])))
                    .collect();
                let joined = |items: &[String]| list(items.iter().map(String::as_str));
                format!(
                    r#"{{"columns":{},"index":{},"data":{}}}"#,
                    joined(&quoted),
                    joined(&index),
                    joined(&data)
                )
            }
            // Records never come here, and columns are what pandas writes unless told otherwise.
            Orient::Columns | Orient::Records => by_column(&|values| {
                object(values.iter().enumerate().map(|(row, value)| format!("\"{row}\":{value}")))
            }),
        }
    }
}

fn object(fields: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    push_string(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Record;

    fn batch(records: &[&str]) -> Batch {
        let record = |(row, json): (u64, &&str)| Record { json: (*json).to_owned(), row, line: row };
        Batch { number: 1, records: (1..).zip(records).map(record).collect() }
    }

    fn shaped(kind: IngestKind, orient: Orient, records: &[&str]) -> String {
        String::from_utf8(body(kind, orient, &batch(records)).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn records_stay_as_they_are_written() {
        let all = [r#"{"a":1.10}"#, r#"{"b":"x"}"#];
        assert_eq!(shaped(IngestKind::Sales, Orient::Columns, &all), r#"[{"a":1.10},{"b":"x"}]"#);
        assert_eq!(shaped(IngestKind::SalesDf, Orient::Records, &all), r#"[{"a":1.10},{"b":"x"}]"#);
        assert_eq!(shaped(IngestKind::TransactionSummary, Orient::Columns, &all[..1]), all[0]);
    }

    #[test]
    fn a_frame_has_every_column_and_null_where_a_record_has_none() {
        let all = [r#"{"b":1,"a":"x"}"#, r#"{"c":true,"b":2.50,"b":3}"#];
        for (orient, expected) in [
            (Orient::Columns, r#"{"b":{"0":1,"1":3},"a":{"0":"x","1":null},"c":{"0":null,"1":true}}"#),
            (Orient::List, r#"{"b":[1,3],"a":["x",null],"c":[null,true]}"#),
            (Orient::Split, r#"{"columns":["b","a","c"],"index":[0,1],"data":[[1,"x",null],[3,null,true]]}"#),
        ] {
            let written = shaped(IngestKind::EventsDf, orient, &all);
            assert_eq!(written, expected);
            assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok());
        }
    }
}
