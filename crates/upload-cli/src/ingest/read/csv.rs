use std::{collections::HashSet, io::BufRead};

use upload_proto::IngestKind;

use super::{
    Input, InputError, Reading, Record,
    rows::{Row, Rows},
    text::Watch,
};
use crate::ingest::{
    dead_letter,
    summary::{self, Grouping},
    typing::{FieldType, push_string},
};

/// How many rows the types are inferred from.
const SAMPLE: usize = 1000;
/// How many bytes of fields, where the rows are long.
const SAMPLE_BYTES: usize = 4 * 1024 * 1024;

/// Reads a CSV whose first record names the fields; answers the number of records.
pub(super) fn read(
    input: &Input,
    bytes: impl BufRead,
    watch: &Watch,
    reading: &mut dyn Reading,
) -> Result<u64, InputError> {
    let mut rows = Rows::new(bytes, watch);
    let Some(first) = rows.next()? else { return Ok(0) };
    let header = header(&first)?;
    let (mut sample, mut size) = (Vec::new(), 0);
    while sample.len() < SAMPLE && size < SAMPLE_BYTES {
        let Some(row) = rows.next()? else { break };
        size += row.fields.iter().map(String::len).sum::<usize>();
        sample.push(row.checked(&header)?);
    }
    let columns = columns(input, header, &sample)?;
    reading.columns(&columns);
    let mut writer = Writer { columns, grouping: grouping(input.kind), count: 0, reading };
    for row in sample {
        if !writer.write(&row)? {
            return Ok(writer.count);
        }
    }
    while let Some(row) = rows.next()? {
        if !writer.take(row)? {
            return Ok(writer.count);
        }
    }
    writer.finish()
}

fn grouping(kind: IngestKind) -> Option<Grouping> {
    (kind == IngestKind::TransactionSummary).then(Grouping::default)
}

impl Row {
    /// The same, if it is as wide as the header.
    fn checked(self, header: &[String]) -> Result<Self, InputError> {
        let (width, wanted) = (self.fields.len(), header.len());
        if width == wanted {
            return Ok(self);
        }
        let message = format!("{width} field(s), the header has {wanted}");
        Err(InputError::new(message).at_line(self.line))
    }
}

fn header(row: &Row) -> Result<Vec<String>, InputError> {
    let names: Vec<String> = row.fields.iter().map(|name| name.trim().to_owned()).collect();
    let mut seen = HashSet::new();
    for (index, name) in names.iter().enumerate() {
        let trouble = match name.as_str() {
            "" => format!("column {} has no name", index + 1),
            dead_letter::HEADING => {
                let message =
                    format!("a column is called '{name}', as what stands above records that were kept");
                return Err(InputError::new(message).at_line(row.line).hint("give it another name"));
            }
            _ if !seen.insert(name) => format!("two columns are called '{name}'"),
            _ => continue,
        };
        return Err(InputError::new(trouble).at_line(row.line).hint("name every column, each differently"));
    }
    Ok(names)
}

fn columns(
    input: &Input,
    header: Vec<String>,
    sample: &[Row],
) -> Result<Vec<(String, FieldType)>, InputError> {
    let given = input.types.for_header(&header)?;
    let typed = header.into_iter().enumerate().map(|(index, name)| {
        let infer = || FieldType::infer(sample.iter().map(|row| row.fields[index].as_str()));
        let known = match input.kind {
            IngestKind::TransactionSummary => summary::type_of(&name),
            _ => None,
        };
        let kind = given.get(&index).copied().or(known).unwrap_or_else(infer);
        (name, kind)
    });
    Ok(typed.collect())
}

struct Writer<'a> {
    columns: Vec<(String, FieldType)>,
    grouping: Option<Grouping>,
    count: u64,
    reading: &'a mut dyn Reading,
}

impl Writer<'_> {
    fn take(&mut self, row: Row) -> Result<bool, InputError> {
        let (width, wanted) = (row.fields.len(), self.columns.len());
        if width != wanted {
            let message = format!("{width} field(s), the header has {wanted}");
            return Err(InputError::new(message).at_line(row.line));
        }
        self.write(&row)
    }

    fn write(&mut self, row: &Row) -> Result<bool, InputError> {
        let mut json = String::from("{");
        for (index, ((name, kind), field)) in self.columns.iter().zip(&row.fields).enumerate() {
            if index > 0 {
                json.push(',');
            }
            push_string(name, &mut json);
            json.push(':');
            kind.write(field, &mut json).map_err(|error| {
                let error = error.at_line(row.line).in_column(name);
                error.hint(format!("correct it, or say what the column is: --types {name}=string"))
            })?;
        }
        json.push('}');
        let whole = match &mut self.grouping {
            None => Some((json, row.line)),
            Some(grouping) => grouping.take(&json, row.line)?,
        };
        whole.map_or(Ok(true), |(json, line)| self.give(json, line))
    }

    fn give(&mut self, json: String, line: u64) -> Result<bool, InputError> {
        self.count += 1;
        self.reading.record(Record { json, row: self.count, line })
    }

    fn finish(mut self) -> Result<u64, InputError> {
        if let Some((json, line)) = self.grouping.take().and_then(Grouping::finish) {
            self.give(json, line)?;
        }
        Ok(self.count)
    }
}
