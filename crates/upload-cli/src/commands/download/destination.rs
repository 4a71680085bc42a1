use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
};

use super::{partial::Partial, sink::Sink, stdout::Stdout};
use crate::{
    args::{DownloadArgs, OutputFormat},
    error::{CliError, ErrorKind},
};

/// The longest piece of a package's id that goes into a file's name, in characters.
const MAX_ID: usize = 100;

/// Where a list is to go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Stdout,
    File { path: PathBuf, force: bool },
}

/// The same, ready to be written to.
pub(super) enum Opened {
    Stdout(Stdout),
    File(Partial),
}

impl Opened {
    pub(super) fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Self::Stdout(stdout) => stdout,
            Self::File(partial) => partial,
        }
    }
}

impl Destination {
    /// What was asked for, once it is known that it can be had.
    ///
    /// # Errors
    /// When the file exists and may not be replaced, is no file, or has no folder to lie in; and when standard output is
    /// to carry results at the same time.
    pub(super) fn choose(args: &DownloadArgs, format: OutputFormat) -> Result<Self, CliError> {
        let path = match &args.output_file {
            Some(path) if path.as_os_str() == "-" => {
                if format == OutputFormat::Json {
                    let message = "standard output cannot carry both the list and JSON";
                    return Err(CliError::new(ErrorKind::Usage, message)
                        .hint("give -o FILE, or --output human: then everything but the list goes to standard error"));
                }
                return Ok(Self::Stdout);
            }
            Some(path) => path.clone(),
            None => default_name(&args.package).into(),
        };
        check(&path, args.force)?;
        Ok(Self::File { path, force: args.force })
    }

    /// Opens it, with what an earlier run has left.
    ///
    /// # Errors
    /// When the file cannot be written to, or another process is at it.
    pub(super) fn open(&self, package: &str) -> Result<Opened, CliError> {
        match self {
            Self::Stdout => Ok(Opened::Stdout(Stdout::default())),
            Self::File { path, .. } => Partial::open(path, package).map(Opened::File),
        }
    }

    /// What people call it.
    pub(super) fn label(&self) -> Cow<'_, str> {
        match self {
            Self::Stdout => "standard output".into(),
            Self::File { path, .. } => path.to_string_lossy(),
        }
    }
}

/// Finds what is wrong with a file's place before anything is downloaded.
fn check(path: &Path, force: bool) -> Result<(), CliError> {
    let refused = |what: &str, hint: &str| {
        Err(CliError::new(ErrorKind::LocalFile, format!("{}: {what}", path.display())).hint(hint))
    };
    let Some(_) = path.file_name() else { return refused("this is no file's name", "name a file with -o") };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => refused("this is a folder", "name a file in it with -o"),
        Ok(found) if found.is_symlink() => {
            refused("this is a symbolic link, which would be replaced", "name the file it points to with -o")
        }
        Ok(found) if !found.is_file() => {
            refused("this is no regular file", "write to it through standard output: -o - > FILE")
        }
        Ok(_) if !force => Err(exists(path)),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = folder(path);
            match fs::metadata(folder) {
                Ok(found) if found.is_dir() => Ok(()),
                Ok(_) => {
                    refused(&format!("{} is no folder", folder.display()), "name a file in a folder with -o")
                }
                Err(error) => refused(
                    &format!("its folder cannot be used: {error}"),
                    "make the folder first (mkdir -p)",
                ),
            }
        }
        Err(error) => Err(CliError::io("looking at it", path, &error)),
    }
}

pub(super) fn exists(path: &Path) -> CliError {
    CliError::new(ErrorKind::LocalFile, format!("{}: the file exists, and is not replaced", path.display()))
        .hint("replace it with --force, or give another name with -o")
}

/// The folder a file lies in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name in this folder, whatever the package's id holds. Two ids may come to the same one: no list takes another's
/// place without `--force`, and what is left of a download names its package.
fn default_name(package: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let safe: String = package.chars().take(MAX_ID).map(|c| if plain(c) { c } else { '_' }).collect();
    let hidden = safe.starts_with(['.', '-']);
    format!("{}{safe}-customers.csv", if hidden { "_" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_package_id_leaves_the_folder_or_hides_its_file() {
        for (id, name) in [
            ("pkg-42", "pkg-42-customers.csv"),
            ("../../etc/passwd", "_.._.._etc_passwd-customers.csv"),
            (".hidden", "_.hidden-customers.csv"),
            ("-rf", "_-rf-customers.csv"),
            ("a\0b\n\u{1b}[2J c\\d:e", "a_b__[2J_c_d_e-customers.csv"),
        ] {
            assert_eq!(default_name(id), name.replace('[', "_"), "{id:?}");
            assert_eq!(Path::new(&default_name(id)).components().count(), 1);
        }
        assert!(default_name(&"x".repeat(5000)).len() < 200);
    }

    fn asked(file: Option<&Path>, force: bool, format: OutputFormat) -> Result<Destination, CliError> {
        let args = DownloadArgs {
            package: "p".into(),
            output_file: file.map(Path::to_owned),
            force,
            no_wait: false,
            wait_limit: None,
        };
        Destination::choose(&args, format)
    }

    #[test]
    fn what_cannot_be_written_to_is_found_before_anything_is_downloaded() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken.csv");
        fs::write(&taken, "precious").unwrap();
        let kind =
            |path: &Path, force| asked(Some(path), force, OutputFormat::Human).map_err(|error| error.kind);
        assert_eq!(kind(&taken, false), Err(ErrorKind::LocalFile));
        assert_eq!(kind(&taken, true), Ok(Destination::File { path: taken.clone(), force: true }));
        for bad in
            [folder.path().to_owned(), folder.path().join("no/such/folder.csv"), taken.join("below.csv")]
        {
            assert_eq!(kind(&bad, true), Err(ErrorKind::LocalFile), "{}", bad.display());
        }
        assert!(kind(&folder.path().join("new.csv"), false).is_ok());
        #[cfg(unix)]
        {
            let link = folder.path().join("link.csv");
            std::os::unix::fs::symlink(&taken, &link).unwrap();
            assert_eq!(kind(&link, true), Err(ErrorKind::LocalFile));
            assert_eq!(kind(Path::new("/dev/null"), true), Err(ErrorKind::LocalFile));
        }
    }

    #[test]
    fn standard_output_is_not_shared_with_json() {
        let dash = Path::new("-");
        assert_eq!(asked(Some(dash), false, OutputFormat::Human).unwrap(), Destination::Stdout);
        assert_eq!(asked(Some(dash), false, OutputFormat::Json).unwrap_err().kind, ErrorKind::Usage);
    }
}
