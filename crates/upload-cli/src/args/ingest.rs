use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, ValueHint};
use upload_proto::IngestKind;

use super::{Concurrency, OrientChoice, Size, help};
use crate::ingest::{ColumnTypes, Format};

/// Send records in bulk: JSON, NDJSON or CSV in, the documented JSON out
#[derive(Debug, Args)]
#[command(after_help = help::INGEST_EXAMPLES)]
pub(crate) struct IngestArgs {
    /// What they are: transaction-summary, events, sales, campaigns, events-df, sales-df or campaigns-df
    #[arg(value_name = "KIND")]
    pub(crate) kind: IngestKind,

    /// The file of records; `-` is standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) path: PathBuf,

    /// What the records are written in [default: by the name, else by the content]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Input")]
    pub(crate) format: Option<Format>,

    /// What a CSV's columns are, such as zip=string,sold=int; the others are inferred
    #[arg(long, value_name = "NAME=TYPE,…", help_heading = "Input")]
    pub(crate) types: Option<ColumnTypes>,

    /// Pass over so many records at the start, to go on where a run has stopped
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Input")]
    pub(crate) skip_rows: u64,

    /// Send a file without reading it through first
    #[arg(long, help_heading = "Input")]
    pub(crate) no_preflight: bool,

    /// How a DataFrame is laid out [default: columns]
    #[arg(long, value_enum, value_name = "ORIENT", help_heading = "Batches")]
    pub(crate) orient: Option<OrientChoice>,

    /// The most records in one request
    #[arg(long, value_name = "N", default_value = "5000", help_heading = "Batches")]
    pub(crate) batch_rows: NonZeroUsize,

    /// The most bytes of JSON in one request
    #[arg(long, value_name = "SIZE", default_value = "4MiB", help_heading = "Batches")]
    pub(crate) batch_bytes: Size,

    /// How many batches are under way at once; each takes the memory of one [default: 1]
    #[arg(long, value_name = "N", help_heading = "Batches")]
    pub(crate) concurrency: Option<Concurrency>,

    /// Send a batch again whose answer was lost, though it may then arrive twice
    #[arg(long, help_heading = "Batches")]
    pub(crate) at_least_once: bool,

    /// Where refused records are kept [default: beside the input]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Batches")]
    pub(crate) dead_letter: Option<PathBuf>,

    /// Read everything, say what would be sent, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
