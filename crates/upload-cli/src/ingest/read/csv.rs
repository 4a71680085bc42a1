use std::{collections::HashSet, io::Read};

use csv::{ByteRecord, ReaderBuilder};
use upload_proto::IngestKind;

use super::{Input, InputError, LONGEST_RECORD, Reading, Record};
use crate::ingest::{
    summary::{self, Grouping},
    typing::{FieldType, push_string},
};

/// How many rows the types are inferred from.
const SAMPLE: usize = 1000;

/// Reads a CSV whose first record names the fields; answers the number of records.
pub(super) fn read(input: &Input, bytes: impl Read, reading: &mut dyn Reading) -> Result<u64, InputError> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows = Rows { next: ByteRecord::new() };
    let Some(first) = rows.read(&mut reader)? else { return Ok(0) };
    let header = header(&first)?;
    let mut sample = Vec::new();
    while sample.len() < SAMPLE {
        let Some(row) = rows.read(&mut reader)? else { break };
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
    while let Some(row) = rows.read(&mut reader)? {
        if !writer.take(row)? {
            return Ok(writer.count);
        }
    }
    writer.finish()
}

fn grouping(kind: IngestKind) -> Option<Grouping> {
    (kind == IngestKind::TransactionSummary).then(Grouping::default)
}

struct Rows {
    next: ByteRecord,
}

/// A row as it stands, its fields still bytes.
struct Row {
    fields: Vec<String>,
    line: u64,
}

impl Rows {
    fn read(&mut self, reader: &mut csv::Reader<impl Read>) -> Result<Option<Row>, InputError> {
        let found = reader.read_byte_record(&mut self.next).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => InputError::from(error),
            other => InputError::new(format!("{other:?}")),
        })?;
        if !found {
            return Ok(None);
        }
        let line = self.next.position().map_or(0, csv::Position::line);
        if self.next.as_slice().len() as u64 > LONGEST_RECORD {
            let message =
                format!("the record is longer than {} MiB: is a quote not closed?", LONGEST_RECORD >> 20);
            return Err(InputError::new(message).at_line(line));
        }
        let field = |(index, bytes): (usize, &[u8])| {
            let place = || format!("{}", index + 1);
            if bytes.contains(&0) {
                return Err(InputError::new("a NUL byte: this is not text, or text in UTF-16")
                    .at_line(line)
                    .in_column(&place()));
            }
            String::from_utf8(bytes.to_vec()).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                let byte = bytes[at];
                let message = format!("byte {} of the field is 0x{byte:02X}, which is not UTF-8", at + 1);
                InputError::new(message)
                    .at_line(line)
                    .in_column(&place())
                    .hint("convert the file to UTF-8, such as with iconv -f LATIN1 -t UTF-8")
            })
        };
        let fields = self.next.iter().enumerate().map(field).collect::<Result<_, _>>()?;
        Ok(Some(Row { fields, line }))
    }
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
        self.reading.record(Record { json, row: self.count, line: Some(line) })
    }

    fn finish(mut self) -> Result<u64, InputError> {
        if let Some((json, line)) = self.grouping.take().and_then(Grouping::finish) {
            self.give(json, line)?;
        }
        Ok(self.count)
    }
}
