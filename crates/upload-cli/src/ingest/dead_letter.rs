//! Batches that were not accepted, kept beside the input so that they can be sent again.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::Batch;
use crate::output::ErrorNote;

/// The one field of a line that stands in front of a batch's records and says why they are here.
pub(super) const HEADING: &str = "$dead_letter";

/// Whether an object in the input is such a line, and no record.
pub(super) fn is_heading(json: &str) -> bool {
    let inside = json.trim_start_matches(|c: char| c == '{' || c.is_whitespace());
    inside
        .strip_prefix('"')
        .and_then(|rest| rest.strip_prefix(HEADING))
        .is_some_and(|rest| rest.starts_with('"'))
}

/// A file of records, made when the first comes. It is NDJSON that can be ingested as it is: the records as they were to be
/// sent, each batch under a line of its own that says what became of it and is skipped when read.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    wanted: PathBuf,
    open: Option<(BufWriter<File>, PathBuf)>,
}

#[derive(Serialize)]
struct Heading<'a> {
    batch: u64,
    /// First and last, as counted in the input.
    rows: [u64; 2],
    /// On which the first and the last begin.
    lines: [u64; 2],
    error: &'a ErrorNote,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    findings: &'a [upload_proto::ValidationError],
}

impl DeadLetters {
    /// Letters that will go to `wanted`, or to a numbered name beside it where there is such a file already.
    pub(crate) fn new(wanted: PathBuf) -> Self {
        Self { wanted, open: None }
    }

    /// Writes a batch, and makes sure that it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(
        &mut self,
        batch: &Batch,
        error: &ErrorNote,
        findings: &[upload_proto::ValidationError],
    ) -> io::Result<()> {
        let (file, _) = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(create(&self.wanted).and_then(in_its_folder)?),
        };
        let (first, last) = batch.span();
        let line = |record: Option<&super::Record>| record.map_or(0, |record| record.line);
        let lines = [line(batch.records.first()), line(batch.records.last())];
        let heading = Heading { batch: batch.number, rows: [first, last], lines, error, findings };
        writeln!(file, "{{\"{HEADING}\":{}}}", serde_json::to_string(&heading)?)?;
        for record in &batch.records {
            writeln!(file, "{}", record.json)?;
        }
        file.flush()?;
        file.get_ref().sync_data()
    }

    /// Where they lie, if there are any.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|(_, path)| path.as_path())
    }
}

fn create(wanted: &Path) -> io::Result<(BufWriter<File>, PathBuf)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for number in 1_u32.. {
        let path = numbered(wanted, number);
        match options.open(&path) {
            Ok(file) => return Ok((BufWriter::new(file), path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there is no free name"))
}

/// Makes sure that the file's name is on the disk as well: its bytes alone would not be found after a crash.
fn in_its_folder(made: (BufWriter<File>, PathBuf)) -> io::Result<(BufWriter<File>, PathBuf)> {
    #[cfg(unix)]
    {
        let folder = made.1.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(made)
}

fn numbered(wanted: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return wanted.to_owned();
    }
    let stem = wanted.file_stem().unwrap_or_default().to_string_lossy();
    let extension = wanted.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    wanted.with_file_name(format!("{stem}-{number}{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::{CliError, ErrorKind},
        ingest::Record,
    };

    #[test]
    fn letters_say_why_and_read_back_as_the_records_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("sales.csv.refused.ndjson");
        std::fs::write(&wanted, "older").unwrap();
        let mut letters = DeadLetters::new(wanted.clone());
        assert_eq!(letters.path(), None);
        let record = |row| Record { json: format!(r#"{{"id":{row}}}"#), row, line: row + 1 };
        let batch = Batch { number: 3, records: vec![record(5), record(6)] };
        let error = ErrorNote::from(&CliError::new(ErrorKind::Content, "refused"));
        letters.write(&batch, &error, &[]).unwrap();
        assert_eq!(std::fs::read_to_string(&wanted).unwrap(), "older", "nothing is overwritten");
        let path = letters.path().unwrap();
        assert!(path.ends_with("sales.csv.refused-2.ndjson"), "{path:?}");
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains(r#""rows":[5,6],"lines":[6,7]"#) && lines[0].contains("refused"), "{text}");
        assert_eq!(lines[1..], [r#"{"id":5}"#, r#"{"id":6}"#]);
        assert!(is_heading(lines[0]) && !is_heading(lines[1]) && is_heading(r#"{ "$dead_letter": 1}"#));
        assert!(!is_heading(r#"{"$dead_letters":1}"#) && !is_heading(r#"{"a":"$dead_letter"}"#));
    }
}
