use std::path::{Path, PathBuf};

use upload_core::Delivery;
use upload_proto::{IngestKind, IngestShape, Orient};

use crate::{
    args::{Concurrency, IngestArgs},
    error::{CliError, ErrorKind},
    ingest::{Input, Limits},
};

/// Where the records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Path(PathBuf),
    Stdin,
}

/// The options of `ingest` with everything resolved.
#[derive(Clone, Debug)]
pub(super) struct IngestOptions {
    pub(super) origin: Origin,
    /// What people call the input.
    pub(super) label: String,
    pub(super) input: Input,
    pub(super) orient: Orient,
    pub(super) limits: Limits,
    /// Batches under way at once; at least 1.
    pub(super) concurrency: usize,
    pub(super) delivery: Delivery,
    pub(super) skip_rows: u64,
    pub(super) refused: PathBuf,
    pub(super) unknown: PathBuf,
    pub(super) preflight: bool,
    pub(super) dry_run: bool,
}

impl IngestOptions {
    /// Resolves them.
    ///
    /// # Errors
    /// For an orientation given to what is no DataFrame, and for batches of no size.
    pub(super) fn resolve(args: IngestArgs) -> Result<Self, CliError> {
        let usage = |message: String, hint: &str| Err(CliError::new(ErrorKind::Usage, message).hint(hint));
        let kind = args.kind;
        if args.orient.is_some() && kind.shape() != IngestShape::DataFrame {
            let message = format!("--orient lays out a DataFrame, and {kind} is sent as records");
            return usage(message, "leave it out, or send to the kind that ends in -df");
        }
        let bytes = usize::try_from(args.batch_bytes.0).unwrap_or(usize::MAX);
        if bytes == 0 {
            return usage("--batch-bytes is 0".into(), "choose a size such as 4MiB");
        }
        let rows = match kind.shape() {
            // Each summary is a request of its own.
            IngestShape::Object => 1,
            IngestShape::Records | IngestShape::DataFrame => args.batch_rows.get(),
        };
        let origin =
            if args.path == Path::new("-") { Origin::Stdin } else { Origin::Path(args.path.clone()) };
        let letters = |what: &str| beside(&args.path, kind, what);
        Ok(Self {
            label: args.path.display().to_string(),
            refused: args.dead_letter.unwrap_or_else(|| letters("refused")),
            unknown: letters("unknown"),
            origin,
            input: Input { kind, format: args.format, types: args.types.unwrap_or_default() },
            orient: args.orient.map_or_else(Orient::default, Into::into),
            limits: Limits { rows, bytes },
            concurrency: match args.concurrency {
                None | Some(Concurrency::Auto) => 1,
                Some(Concurrency::Fixed(batches)) => batches.get(),
            },
            delivery: if args.at_least_once { Delivery::AtLeastOnce } else { Delivery::AtMostOnce },
            skip_rows: args.skip_rows,
            preflight: !args.no_preflight,
            dry_run: args.dry_run,
        })
    }

    /// Whether the input is read through before anything is sent: a file can be read twice, standard input cannot.
    pub(super) fn reads_through(&self) -> bool {
        self.dry_run || self.preflight && matches!(&self.origin, Origin::Path(path) if path.is_file())
    }
}

/// `sales.csv.refused.ndjson` beside `sales.csv`; for standard input `stdin.sales.refused.ndjson` here.
fn beside(input: &Path, kind: IngestKind, what: &str) -> PathBuf {
    if input == Path::new("-") {
        return format!("stdin.{kind}.{what}.ndjson").into();
    }
    let mut name = input.as_os_str().to_owned();
    name.push(format!(".{what}.ndjson"));
    name.into()
}
