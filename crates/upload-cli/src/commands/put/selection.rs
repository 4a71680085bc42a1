use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};
use walkdir::WalkDir;

use super::{
    candidate::{Candidate, Origin, Overrides},
    manifest::Manifest,
};
use crate::{
    args::PutArgs,
    error::{CliError, ErrorKind},
    settings::Folders,
};

/// The files that were asked for. They are listed anew each time, so that their number costs no memory.
#[derive(Debug)]
pub(super) struct Selection {
    paths: Vec<PathBuf>,
    recursive: bool,
    include: Option<GlobSet>,
    exclude: GlobSet,
    manifest: Option<Manifest>,
    listed: Vec<Candidate>,
}

impl Selection {
    /// Reads what was asked for; a manifest is opened, the files themselves are not.
    ///
    /// # Errors
    /// For a malformed glob, a manifest that cannot be read, and standard input asked for twice.
    pub(super) fn open(args: &PutArgs, folders: &Folders) -> Result<Self, CliError> {
        let stdin = Path::new("-");
        let readers = args.paths.iter().chain(&args.manifest).filter(|path| *path == stdin).count();
        if readers > 1 {
            let error = CliError::new(ErrorKind::Usage, "standard input ('-') can be read only once");
            return Err(error.hint("name it once"));
        }
        let include = match args.include.as_slice() {
            [] => None,
            globs => Some(glob_set(globs)?),
        };
        let manifest = args.manifest.as_ref().map(|path| Manifest::open(path, folders)).transpose()?;
        Ok(Self {
            paths: args.paths.clone(),
            recursive: args.recursive,
            include,
            exclude: glob_set(&args.exclude)?,
            manifest,
            listed: Vec::new(),
        })
    }

    /// These files.
    pub(super) fn of(listed: Vec<Candidate>) -> Self {
        let (paths, manifest) = (Vec::new(), None);
        Self { paths, recursive: false, include: None, exclude: GlobSet::empty(), manifest, listed }
    }

    /// Whether standard input is among the files.
    pub(super) fn has_stdin(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// Every file, in the order named; a directory's by name.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Result<Candidate, CliError>> + Send + '_ {
        let named = self.paths.iter().flat_map(|path| self.under(path));
        let listed = self.manifest.iter().flat_map(Manifest::candidates);
        named.chain(listed).chain(self.listed.iter().cloned().map(Ok))
    }

    fn under<'a>(
        &'a self,
        path: &'a Path,
    ) -> Box<dyn Iterator<Item = Result<Candidate, CliError>> + Send + 'a> {
        if path == Path::new("-") {
            let overrides = Overrides::default();
            return Box::new(std::iter::once(Ok(Candidate { origin: Origin::Stdin, overrides })));
        }
        if !(self.recursive && path.is_dir()) {
            return Box::new(std::iter::once(Ok(Candidate::of(path.to_owned()))));
        }
        let files = WalkDir::new(path).sort_by_file_name().into_iter().filter_map(|entry| match entry {
            // A link to a file counts as the file; links to directories are not followed, as they may run in circles.
            Ok(entry) => {
                let kind = entry.file_type();
                let is_file = kind.is_file() || (kind.is_symlink() && entry.path().is_file());
                let wanted = is_file && self.admits(entry.path(), path);
                wanted.then(|| Ok(Candidate::of(entry.into_path())))
            }
            Err(error) => {
                let error = CliError::new(ErrorKind::LocalFile, error.to_string());
                Some(Err(error.hint("make the directory readable, or leave it out")))
            }
        });
        Box::new(files)
    }

    fn admits(&self, file: &Path, root: &Path) -> bool {
        let within = file.strip_prefix(root).unwrap_or(file);
        self.include.as_ref().is_none_or(|globs| globs.is_match(within)) && !self.exclude.is_match(within)
    }
}

fn glob_set(globs: &[String]) -> Result<GlobSet, CliError> {
    let mut set = GlobSetBuilder::new();
    let malformed = |error: globset::Error| {
        CliError::new(ErrorKind::Usage, error.to_string()).hint("write globs like '*.csv' or 'old/**'")
    };
    for glob in globs {
        set.add(Glob::new(glob).map_err(malformed)?);
    }
    set.build().map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn selection(paths: &[&Path], include: &[&str], exclude: &[&str]) -> Selection {
        let globs =
            |globs: &[&str]| glob_set(&globs.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>()).unwrap();
        Selection {
            paths: paths.iter().map(|path| path.to_path_buf()).collect(),
            recursive: true,
            include: (!include.is_empty()).then(|| globs(include)),
            exclude: globs(exclude),
            manifest: None,
            listed: Vec::new(),
        }
    }

    fn labels(selection: &Selection, root: &Path) -> Vec<String> {
        let prefix = format!("{}/", root.display());
        selection.candidates().map(|c| c.unwrap().label().replace(&prefix, "")).collect()
    }

    #[test]
    fn a_directory_is_its_files_that_the_globs_let_through() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("sub/old")).unwrap();
        for file in ["b.csv", "a.csv", "notes.txt", "sub/c.csv", "sub/old/d.csv"] {
            fs::write(root.path().join(file), "x").unwrap();
        }
        let all = selection(&[root.path()], &[], &[]);
        let expected = ["a.csv", "b.csv", "notes.txt", "sub/c.csv", "sub/old/d.csv"];
        assert_eq!(labels(&all, root.path()), expected);
        let some = selection(&[root.path()], &["*.csv"], &["sub/old/**"]);
        assert_eq!(labels(&some, root.path()), ["a.csv", "b.csv", "sub/c.csv"]);
        assert_eq!(labels(&some, root.path()).len(), 3, "it can be listed again");
    }

    #[test]
    fn a_malformed_glob_is_wrong_usage() {
        assert_eq!(glob_set(&["[".into()]).unwrap_err().kind, ErrorKind::Usage);
    }
}
