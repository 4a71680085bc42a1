use std::{fs::File, io, path::Path};

use upload_core::{
    Checkpoint, Machine, MultipartConfig, MultipartUpload, Plan, PlanError, Progress, SingleConfig,
    SingleUpload, Source,
};
use upload_http::FileSource;
use upload_proto::UploadType;

use super::{
    candidate::{Candidate, Origin},
    options::PutOptions,
};
use crate::{
    args::PatternChoice,
    error::{CliError, ErrorKind},
    output::Started,
};

/// The largest file that `auto` sends in one PUT, in bytes.
const LARGEST_SINGLE: u64 = 50_000_000;
/// What standard input is called where nobody named it.
const STDIN_NAME: &str = "stdin";

/// A file that is open, checked and ready to go.
pub(super) struct Job {
    /// What people call it.
    pub(super) label: String,
    /// What the platform is told.
    pub(super) name: String,
    pub(super) source: FileSource,
    flow: Flow,
    pub(super) upload_type: Option<UploadType>,
    /// How it is cut; `None` where it goes in one PUT.
    pub(super) plan: Option<Plan>,
}

/// How it goes about it.
enum Flow {
    Single(SingleConfig),
    Multipart(UploadType, MultipartConfig),
}

impl Job {
    /// A machine that sends it: from the beginning, or from where another has come.
    ///
    /// # Errors
    /// When it cannot be cut into parts, or not from there.
    pub(super) fn machine(&self, from: Option<Checkpoint>) -> Result<Box<dyn Machine + Send>, CliError> {
        let named =
            |error: CliError| CliError { message: format!("{}: {}", self.label, error.message), ..error };
        let planned = |error: PlanError| named(error.into());
        Ok(match (&self.flow, from) {
            (Flow::Single(config), _) => {
                let (name, kind) = (self.name.clone(), self.upload_type.clone());
                Box::new(SingleUpload::new(name, kind, self.source.len(), config.clone()).map_err(planned)?)
            }
            (Flow::Multipart(_, config), Some(checkpoint)) => {
                let resumed = MultipartUpload::resume(checkpoint, config.clone()).map_err(|error| {
                    named(CliError::new(ErrorKind::LocalFile, error.to_string()))
                        .hint("begin anew: run it with --no-resume")
                });
                Box::new(resumed?)
            }
            (Flow::Multipart(kind, config), None) => {
                let (name, size) = (self.name.clone(), self.source.len());
                Box::new(MultipartUpload::new(name, kind.clone(), size, config.clone()).map_err(planned)?)
            }
        })
    }

    pub(super) fn pattern(&self) -> &'static str {
        if self.plan.is_some() { "multipart" } else { "single" }
    }

    pub(super) fn parts(&self) -> u32 {
        self.plan.map_or(1, |plan| plan.part_count())
    }

    /// The note of its beginning.
    pub(super) fn started(&self, progress: Progress) -> Started<'_> {
        Started {
            file: &self.label,
            name: &self.name,
            pattern: self.pattern(),
            upload_type: self.upload_type.as_ref().map(UploadType::as_str),
            bytes: self.source.len(),
            parts: self.parts(),
            part_size: self.plan.map(|plan| plan.part_size()),
            progress,
        }
    }
}

/// Makes jobs of candidates; everything that can be wrong with a file is found here.
pub(super) struct Workshop<'a> {
    options: &'a PutOptions,
    stdin: Option<File>,
}

impl<'a> Workshop<'a> {
    pub(super) fn new(options: &'a PutOptions) -> Self {
        Self { options, stdin: None }
    }

    /// Hands over standard input, as a file.
    pub(super) fn set_stdin(&mut self, file: File) {
        self.stdin = Some(file);
    }

    /// Whether this can be looked at yet: standard input cannot before it has been read.
    pub(super) fn can_prepare(&self, candidate: &Candidate) -> bool {
        candidate.origin != Origin::Stdin || self.stdin.is_some()
    }

    /// Opens a file and decides how to send it, over a link that has carried so many bytes a second.
    ///
    /// # Errors
    /// When it is missing, no file, unreadable, empty or too large, or needs a type and has none.
    pub(super) fn prepare(&self, candidate: &Candidate, link: Option<f64>) -> Result<Job, CliError> {
        let (options, overrides, label) = (self.options, &candidate.overrides, candidate.label());
        let source = self.open(candidate)?;
        if candidate.origin == Origin::Stdin && source.is_empty() {
            return Err(CliError::new(ErrorKind::LocalFile, "standard input is empty")
                .hint("check the command in front of the pipe"));
        }
        let name = self.name(candidate);
        let upload_type = overrides.upload_type.as_ref().or(options.upload_type.as_ref()).cloned();
        let pattern = overrides.pattern.unwrap_or(options.pattern);
        let named = |error: CliError| CliError { message: format!("{label}: {}", error.message), ..error };

        let seed = fastrand::u64(..);
        let (flow, plan) = match is_multipart(pattern, source.len(), &name, upload_type.is_some()) {
            false => (Flow::Single(SingleConfig { seed, ..SingleConfig::default() }), None),
            true => {
                let for_link = || self.link(link).and_then(Plan::part_size_for_link);
                let part_size = overrides.part_size.or(options.part_size).or_else(for_link);
                let plan = Plan::propose(source.len(), part_size).map_err(|error| named(error.into()))?;
                let upload_type = upload_type.clone().ok_or_else(|| named(self.no_type()))?;
                let config = MultipartConfig {
                    part_size,
                    concurrency: options.concurrency.to_ask_for(),
                    validate: overrides.validate.unwrap_or(options.validate),
                    keep_on_failure: options.keep_on_failure,
                    seed,
                    ..MultipartConfig::default()
                };
                (Flow::Multipart(upload_type, config), Some(plan))
            }
        };
        let job = Job { label: label.clone(), name, source, flow, upload_type, plan };
        // What is wrong with it is to be known before anything is sent.
        job.machine(None)?;
        Ok(job)
    }

    /// Bytes a second: what it has carried, or may.
    #[allow(clippy::cast_precision_loss, reason = "no link is as fast")]
    fn link(&self, has_carried: Option<f64>) -> Option<f64> {
        let may = self.options.limit_rate.map(|rate| rate as f64);
        has_carried.into_iter().chain(may).min_by(f64::total_cmp)
    }

    /// The name that the platform is told.
    pub(super) fn name(&self, candidate: &Candidate) -> String {
        let given = candidate.overrides.name.as_ref().or(self.options.name.as_ref()).cloned();
        given.unwrap_or_else(|| name_of(&candidate.origin))
    }

    /// The file itself, for a look into it.
    pub(super) fn file(&self, candidate: &Candidate) -> io::Result<File> {
        match (&candidate.origin, &self.stdin) {
            (Origin::Path(path), _) => File::open(path),
            (Origin::Stdin, Some(stdin)) => stdin.try_clone(),
            (Origin::Stdin, None) => Err(io::Error::other("standard input has not been read yet")),
        }
    }

    fn open(&self, candidate: &Candidate) -> Result<FileSource, CliError> {
        match &candidate.origin {
            Origin::Path(path) => Ok(FileSource::open(path)?),
            Origin::Stdin => {
                let file = self.stdin.as_ref().ok_or_else(|| {
                    CliError::new(ErrorKind::Unexpected, "standard input has not been read yet")
                })?;
                let file =
                    file.try_clone().map_err(|error| CliError::io("reading", Path::new("-"), &error))?;
                Ok(FileSource::from_file(file, "-")?)
            }
        }
    }

    fn no_type(&self) -> CliError {
        let message = "sending it in parts needs to know what it is, and no type was given";
        CliError::new(ErrorKind::Usage, message).hint(format!(
            "give --type (such as audience_csv), set UPLOAD_TYPE, or put type = \"…\" into your profile in {}",
            self.options.config_file.display()
        ))
    }
}

fn is_multipart(pattern: PatternChoice, size: u64, name: &str, has_type: bool) -> bool {
    match pattern {
        PatternChoice::Single => false,
        PatternChoice::Multipart => true,
        PatternChoice::Auto => {
            let extension = Path::new(name).extension();
            has_type
                || size > LARGEST_SINGLE
                || extension.is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
        }
    }
}

fn name_of(origin: &Origin) -> String {
    match origin {
        Origin::Stdin => STDIN_NAME.to_owned(),
        Origin::Path(path) => path
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_takes_parts_for_large_files_csvs_and_whatever_has_a_type() {
        let auto = |size, name, typed| is_multipart(PatternChoice::Auto, size, name, typed);
        assert!(!auto(LARGEST_SINGLE, "film.mp4", false));
        assert!(auto(LARGEST_SINGLE + 1, "film.mp4", false));
        assert!(auto(1, "a.csv", false) && auto(1, "A.CSV", false));
        assert!(auto(1, "film.mp4", true));
        assert!(!is_multipart(PatternChoice::Single, u64::MAX, "a.csv", true));
        assert!(is_multipart(PatternChoice::Multipart, 1, "film.mp4", false));
    }
}
