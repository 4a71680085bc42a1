use std::path::PathBuf;

use upload_core::Concurrency;
use upload_http::limit_memory;
use upload_proto::UploadType;

use crate::{
    args::{self, PatternChoice, PutArgs, Verify},
    error::{CliError, ErrorKind},
    output::bytes,
    settings::Settings,
};

/// The memory for file bytes on their way, unless told otherwise.
const MEMORY: u64 = 64 * 1024 * 1024;
/// The least that anything can be sent with.
const LEAST_MEMORY: u64 = 1024 * 1024;

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
        let memory = args.memory.or(profile.memory).map_or(MEMORY, |size| size.0);
        let concurrency = within(memory, settings.concurrency(args.concurrency))?;
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

/// As many parts in flight as are asked for, if the memory suffices, or as serve best within it.
fn within(memory: u64, asked: args::Concurrency) -> Result<Concurrency, CliError> {
    if memory < LEAST_MEMORY {
        let message = format!("--memory is {}, which nothing can be sent with", bytes(memory));
        return Err(CliError::new(ErrorKind::Usage, message).hint("give it 1MiB or more"));
    }
    let most = limit_memory(memory);
    match (asked, Concurrency::default()) {
        (args::Concurrency::Fixed(parts), _) if parts > most => {
            let message =
                format!("{} of memory suffice for {most} parts in flight, not for {parts}", bytes(memory));
            Err(CliError::new(ErrorKind::Usage, message).hint("lower --concurrency, or raise --memory"))
        }
        (args::Concurrency::Fixed(parts), _) => Ok(Concurrency::Fixed(parts)),
        (args::Concurrency::Auto, Concurrency::Adaptive { start, most: usual }) => {
            Ok(Concurrency::Adaptive { start: start.min(most), most: usual.min(most) })
        }
        (args::Concurrency::Auto, fixed @ Concurrency::Fixed(_)) => Ok(fixed),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    const MIB: u64 = 1024 * 1024;

    /// One test for all: the bound is the process's.
    #[test]
    fn memory_bounds_the_parts_in_flight() {
        let fixed = |parts| args::Concurrency::Fixed(NonZeroUsize::new(parts).unwrap());
        let most = |memory| within(memory, args::Concurrency::Auto).unwrap().most().get();
        assert_eq!((most(MIB), most(4 * MIB), most(64 * MIB)), (4, 16, 64));
        assert_eq!(within(64 * MIB, fixed(128)).unwrap().most().get(), 128);
        let error = within(2 * MIB, fixed(9)).unwrap_err();
        assert!(error.message.contains("suffice for 8 parts"), "{}", error.message);
        assert_eq!(within(MIB - 1, fixed(1)).unwrap_err().kind, ErrorKind::Usage);
    }
}
