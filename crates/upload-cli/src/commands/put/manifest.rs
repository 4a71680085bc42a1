use std::{
    fs::File,
    io::{self, BufRead, BufReader, Seek},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use upload_proto::UploadType;

use super::{
    candidate::{Candidate, Origin, Overrides},
    spool,
};
use crate::{
    args::{PatternChoice, Size},
    error::{CliError, ErrorKind},
    settings::Folders,
};

/// A list of files: a path a line, or a JSON object a line with the file's own settings. Relative paths start where
/// the command runs.
#[derive(Debug)]
pub(super) struct Manifest {
    /// Can be read again and again.
    file: File,
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: PathBuf,
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "type")]
    upload_type: Option<UploadType>,
    #[serde(default)]
    pattern: Option<PatternChoice>,
    #[serde(default)]
    part_size: Option<String>,
    #[serde(default)]
    validate: Option<bool>,
}

impl Manifest {
    /// Opens a manifest; one that can be read only once, such as a pipe, is put aside first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn open(path: &Path, folders: &Folders) -> Result<Self, CliError> {
        let file = match path == Path::new("-") {
            true => spool::stdin_file(),
            false => File::open(path),
        };
        let unreadable = |error: io::Error| {
            CliError::io("reading the manifest", path, &error).hint("name a readable file with --manifest")
        };
        let file = file.map_err(unreadable)?;
        let file = match file.metadata().map_err(unreadable)?.is_file() {
            true => file,
            false => spool::aside(file, &folders.state(spool::FOLDER)?, |_| {}).map_err(unreadable)?,
        };
        Ok(Self { file, path: path.to_owned() })
    }

    /// Its files, from the first line on.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Result<Candidate, CliError>> + Send + '_ {
        let opened = self.file.try_clone().and_then(|mut file| file.rewind().map(|()| file));
        let (lines, trouble) = match opened {
            Ok(file) => (Some(BufReader::new(file).split(b'\n')), None),
            Err(error) => (None, Some(Err(CliError::io("reading the manifest", &self.path, &error)))),
        };
        let entries = (1_u64..).zip(lines.into_iter().flatten()).filter_map(|(number, line)| match line {
            Ok(line) => parse(&line, number, &self.path).transpose(),
            Err(error) => Some(Err(CliError::io("reading the manifest", &self.path, &error))),
        });
        trouble.into_iter().chain(entries)
    }
}

/// One line; `None` for a blank one.
fn parse(line: &[u8], number: u64, manifest: &Path) -> Result<Option<Candidate>, CliError> {
    let malformed = |trouble: String| {
        let message = format!("{}, line {number}: {trouble}", manifest.display());
        CliError::new(ErrorKind::Usage, message)
            .hint(r#"a line is a path, or a JSON object such as {"path":"a.csv","type":"sales_csv"}"#)
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    if !line.trim_ascii_start().starts_with(b"{") {
        let path = path_of(line).ok_or_else(|| malformed("the path is not UTF-8".into()))?;
        return Ok(Some(Candidate { origin: Origin::Path(path), overrides: Overrides::default() }));
    }
    let entry: Entry = serde_json::from_slice(line).map_err(|error| malformed(error.to_string()))?;
    let part_size = match entry.part_size.map(|text| text.parse::<Size>()).transpose() {
        Ok(size) => size.map(|size| size.0),
        Err(error) => return Err(malformed(format!("part_size: {error}"))),
    };
    if entry.name.as_deref() == Some("") {
        return Err(malformed("name is empty".into()));
    }
    let Entry { path, name, upload_type, pattern, validate, .. } = entry;
    let overrides = Overrides { name, upload_type, pattern, part_size, validate };
    Ok(Some(Candidate { origin: Origin::Path(path), overrides }))
}

/// Panics when something does not hold of this line, see `crate::fuzzing`.
#[cfg(any(test, fuzzing))]
pub(crate) fn line_holds(line: &[u8]) {
    match parse(line, 7, Path::new("m.txt")) {
        Ok(None) => assert!(line.trim_ascii().is_empty()),
        Ok(Some(Candidate { overrides, .. })) => assert!(overrides.name.as_deref() != Some("")),
        Err(error) => assert!(error.message.starts_with("m.txt, line 7: "), "{error}"),
    }
}

#[cfg(unix)]
fn path_of(line: &[u8]) -> Option<PathBuf> {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    Some(PathBuf::from(OsStr::from_bytes(line)))
}

#[cfg(not(unix))]
fn path_of(line: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(line).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn manifest(text: &str) -> Manifest {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Manifest { file, path: "m.txt".into() }
    }

    #[test]
    fn paths_and_objects_may_stand_side_by_side() {
        let text = "a.csv\r\n\n b c.csv\n{\"path\":\"d.bin\",\"type\":\"t\",\"part_size\":\"5MiB\",\"validate\":false}";
        let manifest = manifest(text);
        for _pass in 0..2 {
            let all: Vec<Candidate> = manifest.candidates().map(Result::unwrap).collect();
            assert_eq!(all.iter().map(Candidate::label).collect::<Vec<_>>(), ["a.csv", " b c.csv", "d.bin"]);
            assert_eq!(all[2].overrides.part_size, Some(5 << 20));
            assert_eq!(all[2].overrides.validate, Some(false));
        }
    }

    #[test]
    fn a_mistake_names_file_and_line() {
        for bad in
            ["{\"path\":1}", "{\"path\":\"a\",\"typ\":\"t\"}", "{", "{\"path\":\"a\",\"part_size\":\"x\"}"]
        {
            let manifest = manifest(&format!("a.csv\n{bad}\n"));
            let errors: Vec<CliError> = manifest.candidates().filter_map(Result::err).collect();
            assert_eq!(errors.len(), 1, "{bad}");
            assert!(errors[0].message.starts_with("m.txt, line 2: "), "{}", errors[0]);
            assert_eq!(errors[0].kind, ErrorKind::Usage);
        }
    }
}
