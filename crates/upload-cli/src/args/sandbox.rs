use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, ValueHint};
use upload_sandbox::{FaultRule, Rate, SandboxConfig, SlowConnections};

use super::{budget::ApiBudget, help};

/// Run the platform's API and an S3 on this machine, for trying things out
#[derive(Debug, Args)]
#[command(after_help = help::SANDBOX_EXAMPLES)]
pub(crate) struct SandboxArgs {
    /// The API's port on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) api_port: u16,

    /// The storage's port on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) storage_port: u16,

    /// Where stored objects lie [default: a fresh folder, which is kept]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,

    /// How long presigned URLs live, up to a week [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) url_life: Option<Duration>,

    /// How long the access tokens of a sign-in or refresh live [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) token_life: Option<Duration>,

    /// Answer 429 to whoever writes faster than this, such as 120/min; reads may be five times that [default: off]
    #[arg(long, value_name = "N/SPAN|off")]
    pub(crate) budget: Option<ApiBudget>,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    #[command(flatten)]
    pub(crate) storage: StorageArgs,

    #[command(flatten)]
    pub(crate) link: LinkArgs,

    #[command(flatten)]
    pub(crate) s3: S3Args,
}

/// What stands behind the storage's port.
#[derive(Debug, Args)]
#[command(next_help_heading = "Measuring")]
pub(crate) struct StorageArgs {
    /// What becomes of the bytes; the null storage also answers S3 clients directly
    #[arg(long, value_name = "KIND", value_enum, default_value_t, conflicts_with = "s3_endpoint")]
    pub(crate) storage: StorageKind,

    /// What the null storage answers as an ETag [default: made-up]
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) null_etag: Option<NullEtagChoice>,
}

/// How both ports are encrypted.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// Encrypt both ports, by a certificate authority made for this start; clients need its certificate (--ca-cert)
    #[arg(long)]
    pub(crate) tls: bool,

    /// Encrypt both ports, with this certificate for 127.0.0.1 or localhost (PEM)
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        requires = "tls_key",
        conflicts_with = "tls"
    )]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

/// The network between clients and the storage's port.
#[derive(Debug, Args)]
#[command(next_help_heading = "Link to the storage")]
pub(crate) struct LinkArgs {
    /// What all connections bring together, in bits or bytes a second: 50mbit, 1gbit, 10MB
    #[arg(long, value_name = "RATE")]
    pub(crate) link: Option<Rate>,

    /// How long a byte takes there and back, with windows that start small, as TCP's: 80ms
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) rtt: Option<Duration>,

    /// What each connection brings at most
    #[arg(long, value_name = "RATE")]
    pub(crate) per_connection: Option<Rate>,

    /// Make each new connection with this probability this slow: 0.05:100KiB; --fault-seed decides which
    #[arg(long, value_name = "P:RATE")]
    pub(crate) slow_connection: Option<SlowConnections>,
}

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StorageKind {
    /// They are kept in files, by a strict S3
    #[default]
    BuiltIn,
    /// They are thrown away as cheaply as can be: for measuring what a client costs
    Null,
}

/// What the null storage answers as an ETag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NullEtagChoice {
    /// A stable text that is no MD5, for nothing
    #[default]
    MadeUp,
    /// The MD5 of the bytes, as S3 does, at a second or two of CPU for each GiB
    Md5,
}

/// An S3 elsewhere, behind the sandbox's API. Its keys come from the environment alone.
#[derive(Debug, Args)]
pub(crate) struct S3Args {
    /// Keep objects in this S3 instead; its keys are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    #[arg(
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        requires = "s3_bucket",
        conflicts_with = "dir",
        help_heading = "An S3 elsewhere"
    )]
    pub(crate) s3_endpoint: Option<String>,

    /// The bucket for every object, created where it is missing
    #[arg(long, value_name = "NAME", requires = "s3_endpoint", help_heading = "An S3 elsewhere")]
    pub(crate) s3_bucket: Option<String>,

    /// The region that signatures name [default: us-east-1]
    #[arg(long, value_name = "REGION", requires = "s3_endpoint", help_heading = "An S3 elsewhere")]
    pub(crate) s3_region: Option<String>,

    /// Let every PUT pass through the sandbox, which checks and logs it and can have it misbehave; without it,
    /// presigned URLs lead straight to the S3
    #[arg(long, requires = "s3_endpoint", help_heading = "An S3 elsewhere")]
    pub(crate) s3_relay: bool,
}

/// How a sandbox misbehaves: with the `sandbox` command, and with `--sandbox` on any other.
#[derive(Debug, Args)]
pub(crate) struct FaultArgs {
    /// Have the sandbox misbehave, as in 'part:2#1=status:503'; may be given again
    ///
    /// OPERATION[:PART][#COUNT][@PROBABILITY]=ACTION: at requests of one operation (initiate, part, complete,
    /// validate, abort, presign, object, …), of one part, for so many requests, so likely. Actions are
    /// status:503[,code:SlowDown][,retry_after:7], reject:403[,code:NAME][,close:rst], stall[,after:1MiB],
    /// reset[,after:1MiB|body], slow:64KiB/s, lose_answer, expire, skew:SECONDS, etag:wrong|missing|not_md5,
    /// error_in_200[,code:NAME], garbage[:502], truncate, redirect[:307]. In the environment, several are
    /// separated by semicolons.
    #[arg(
        long = "fault",
        global = true,
        value_name = "SPEC",
        value_delimiter = ';',
        hide_short_help = true,
        help_heading = "Sandbox"
    )]
    pub(crate) fault: Vec<FaultRule>,

    /// Which requests a fault with a probability hits: the same seed, the same faults [default: 0]
    #[arg(long, global = true, value_name = "NUMBER", hide_short_help = true, help_heading = "Sandbox")]
    pub(crate) fault_seed: Option<u64>,
}

impl FaultArgs {
    /// A sandbox of the given kind that misbehaves like this.
    pub(crate) fn apply(&self, config: SandboxConfig) -> SandboxConfig {
        SandboxConfig { faults: self.fault.clone(), fault_seed: self.fault_seed.unwrap_or(0), ..config }
    }
}
