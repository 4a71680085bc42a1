use std::path::PathBuf;

use upload_core::Concurrency;
use upload_proto::UploadType;

use crate::{
    args::{self, PatternChoice, PutArgs, Verify},
    error::{CliError, ErrorKind},
    settings::Settings,
};

/// The options of `put` with everything resolved.
#[derive(Clone, Debug)]
pub(super) struct PutOptions {
    pub(super) upload_type: Option<UploadType>,
    pub(super) pattern: PatternChoice,
    pub(super) part_size: Option<u64>,
    pub(super) validate: bool,
    pub(super) verify: Verify,
    /// Whether CSVs are looked into before they are sent.
    pub(super) preflight: bool,
    /// Columns that a CSV must have.
    pub(super) expect_columns: Vec<String>,
    /// Whether an unfinished upload is gone on with.
    pub(super) resume: bool,
    /// Whether a failed upload stays open, to be gone on with.
    pub(super) keep_on_failure: bool,
    /// Where receipts go, if anywhere.
    pub(super) receipt: Option<PathBuf>,
    /// The name the platform is told, where one was given for the only file.
    pub(super) name: Option<String>,
    /// How many parts are in flight, over all files.
    pub(super) concurrency: Concurrency,
    /// Bytes a second, over all files.
    pub(super) limit_rate: Option<u64>,
    /// Named in advice.
    pub(super) config_file: PathBuf,
}

impl PutOptions {
    /// Resolves them.
    ///
    /// # Errors
    /// For a name given to several files.
    pub(super) fn resolve(settings: &Settings, args: &PutArgs) -> Result<Self, CliError> {
        let profile = settings.profile();
        let several = args.paths.len() != 1 || args.manifest.is_some() || args.recursive;
        if args.name.is_some() && several {
            let error = CliError::new(ErrorKind::Usage, "--name names one file, and there may be several");
            return Err(error.hint("upload one file at a time, or give each its name in a --manifest"));
        }
        if args.name.as_deref() == Some("") {
            return Err(CliError::new(ErrorKind::Usage, "--name is empty").hint("give the file a name"));
        }
        let validate = settings.sources().switch(args.validate, args.no_validate, "no_validate");
        let concurrency = match settings.concurrency(args.concurrency) {
            args::Concurrency::Auto => Concurrency::default(),
            args::Concurrency::Fixed(number) => Concurrency::Fixed(number),
        };
        let resume = settings.sources().switch(args.resume, args.no_resume, "no_resume");
        Ok(Self {
            resume: resume.or(profile.resume).unwrap_or(true),
            keep_on_failure: args.keep_on_failure || profile.keep_on_failure.unwrap_or(false),
            upload_type: args.upload_type.clone().or_else(|| profile.upload_type.clone()),
            pattern: args.pattern.or(profile.pattern).unwrap_or_default(),
            part_size: args.part_size.or(profile.part_size).map(|size| size.0),
            validate: validate.or(profile.validate).unwrap_or(true),
            verify: args.verify.or(profile.verify).unwrap_or_default(),
            preflight: !args.no_preflight && profile.preflight.unwrap_or(true),
            expect_columns: match args.expect_columns.as_slice() {
                [] => profile.expect_columns.clone().unwrap_or_default(),
                named => named.to_vec(),
            },
            receipt: args.receipt.clone(),
            name: args.name.clone(),
            concurrency,
            limit_rate: args.limit_rate.or(profile.limit_rate).map(|rate| rate.0),
            config_file: settings.folders.config_file(),
        })
    }
}
