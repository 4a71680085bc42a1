//! The four layouts of a DataFrame, each read into the same columns.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Refused, fields::Fields};

/// A table: every column has a value for every row.
#[derive(Debug, Default)]
pub(super) struct Table<'a> {
    pub(super) names: Vec<Cow<'a, str>>,
    /// Row by row.
    pub(super) rows: Vec<Vec<&'a RawValue>>,
}

/// Finds out which layout a body has (`orient` of pandas' `to_json` and `to_dict`), and reads it.
pub(super) fn read(body: &[u8]) -> Result<Table<'_>, Refused> {
    if body.trim_ascii_start().starts_with(b"[") {
        return records(serde_json::from_slice(body)?);
    }
    let Fields(fields) = serde_json::from_slice(body)?;
    let begins_with = |byte: char| fields.iter().all(|(_, value)| value.get().starts_with(byte));
    let mut names: Vec<_> = fields.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    match () {
        () if names == ["columns", "data", "index"] && begins_with('[') => split(&fields),
        () if begins_with('[') => lists(fields),
        () if begins_with('{') => columns(fields),
        () => Err(Refused::new(
            "no layout of a DataFrame: the columns are all objects (columns), or all arrays (list); or there are \
             columns, index and data (split); or it is an array of objects (records)",
        )),
    }
}

/// `[{"column": value}, …]`
fn records(records: Vec<Fields<'_>>) -> Result<Table<'_>, Refused> {
    let mut table = Table::default();
    for (number, Fields(fields)) in (1_usize..).zip(records) {
        let (names, row): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        if number == 1 {
            table.names = names;
        } else if table.names != names {
            return Err(Refused::new(format!(
                "row {number} has other columns than row 1, or in another order"
            )));
        }
        table.rows.push(row);
    }
    Ok(table)
}

/// `{"columns": ["column"], "index": [0, 1], "data": [[value], [value]]}`
fn split<'a>(fields: &[(Cow<'a, str>, &'a RawValue)]) -> Result<Table<'a>, Refused> {
    let mut table = Table::default();
    let mut labels = Vec::new();
    for (name, value) in fields {
        match &**name {
            "columns" => {
                let names: Vec<String> = serde_json::from_str(value.get())?;
                table.names.extend(names.into_iter().map(Cow::Owned));
            }
            "index" => labels = serde_json::from_str::<Vec<&RawValue>>(value.get())?,
            _ => table.rows = serde_json::from_str(value.get())?,
        }
    }
    if labels.len() != table.rows.len() {
        let (index, data) = (labels.len(), table.rows.len());
        return Err(Refused::new(format!("index has {index} labels and data has {data} rows")));
    }
    let wrong = (1_usize..).zip(&table.rows).find(|(_, row)| row.len() != table.names.len());
    match wrong {
        None => Ok(table),
        Some((number, row)) => {
            let (values, columns) = (row.len(), table.names.len());
            Err(Refused::new(format!("row {number} has {values} values and there are {columns} columns")))
        }
    }
}

/// `{"column": [value, value]}`
fn lists<'a>(fields: Vec<(Cow<'a, str>, &'a RawValue)>) -> Result<Table<'a>, Refused> {
    let mut table = Table::default();
    for (name, value) in fields {
        let values: Vec<&RawValue> = serde_json::from_str(value.get())?;
        table.add_column(name, values)?;
    }
    Ok(table)
}

/// `{"column": {"0": value, "1": value}}`
fn columns<'a>(fields: Vec<(Cow<'a, str>, &'a RawValue)>) -> Result<Table<'a>, Refused> {
    let mut table = Table::default();
    let mut index = None;
    for (name, value) in fields {
        let Fields(cells) = serde_json::from_str(value.get())?;
        let (labels, values): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
        table.add_column(name, values)?;
        let expected = index.get_or_insert_with(|| labels.clone());
        if *expected != labels {
            let name = table.names.last().map(|name| &**name).unwrap_or_default();
            return Err(Refused::new(format!(
                "column '{name}' has another index than the first, or in another order"
            )));
        }
    }
    Ok(table)
}

impl<'a> Table<'a> {
    fn add_column(&mut self, name: Cow<'a, str>, values: Vec<&'a RawValue>) -> Result<(), Refused> {
        if self.names.is_empty() {
            self.rows = values.iter().map(|_| Vec::new()).collect();
        }
        let (rows, more) = (self.rows.len(), values.len());
        if rows != more {
            return Err(Refused::new(format!("column '{name}' has {more} values and the first has {rows}")));
        }
        self.names.push(name);
        self.rows.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
        Ok(())
    }
}
