//! The clients and their command lines.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{
    case::Row,
    data::{Data, Kind},
    install::Tools,
    server::Server,
};

/// Who uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Client {
    /// Floor: sendfile, one connection
    Sendfile,
    /// Floor: bare hyper
    Hyper,
    /// Floor: bare rustls
    Rustls,
    /// Ours
    Upload,
    /// curl -T
    Curl,
    /// object_store
    ObjectStore,
    /// aws-sdk-s3-transfer-manager
    TransferManager,
    /// s5cmd
    S5cmd,
    /// The AWS CLI
    Aws,
}

/// What a client is measured for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The least that can be done.
    Floor,
    Ours,
    /// What people use.
    Peer,
}

/// One process to run.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) stdin: PathBuf,
}

impl Client {
    /// Ours, and all peers.
    pub(super) const COMPARED: &[Self] =
        &[Self::Upload, Self::Curl, Self::ObjectStore, Self::TransferManager, Self::S5cmd, Self::Aws];
    /// Those that read standard input.
    pub(super) const STREAMING: &[Self] = &[Self::Upload, Self::Curl, Self::S5cmd, Self::Aws];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sendfile => "sendfile (floor)",
            Self::Hyper => "bare hyper (floor)",
            Self::Rustls => "bare rustls (floor)",
            Self::Upload => "**upload**",
            Self::Curl => "curl",
            Self::ObjectStore => "object_store",
            Self::TransferManager => "transfer-manager",
            Self::S5cmd => "s5cmd",
            Self::Aws => "aws-cli",
        }
    }

    pub(super) fn role(self) -> Role {
        match self {
            Self::Sendfile | Self::Hyper | Self::Rustls => Role::Floor,
            Self::Upload => Role::Ours,
            _ => Role::Peer,
        }
    }

    /// How it is called, or nothing where it is not installed.
    pub(super) fn invocation(
        self,
        row: &Row,
        data: &Data,
        server: &Server,
        tools: &Tools,
        state: &Path,
    ) -> Option<Invocation> {
        let program = self.program(tools)?;
        let is_stream = matches!(data.kind, Kind::Stdin { .. });
        let stdin = if is_stream { data.path.clone() } else { "/dev/null".into() };
        let arguments = match self {
            Self::Upload => upload(row, data, server),
            Self::Curl => curl(data, server),
            Self::S5cmd => s5cmd(data, server),
            Self::Aws => aws(data, server),
            _ => vec![server.bucket_url(), text(&data.path)],
        };
        Some(Invocation { program, arguments, environment: self.environment(server, state), stdin })
    }

    fn program(self, tools: &Tools) -> Option<PathBuf> {
        let own = |name: &str| Some(tools.programs.join(name));
        match self {
            Self::Sendfile => own("floor-sendfile"),
            Self::Hyper => own("floor-hyper"),
            Self::Rustls => own("floor-rustls"),
            Self::Upload => Some(tools.upload.clone()),
            Self::Curl => tools.curl.clone(),
            Self::ObjectStore => own("peer-object-store"),
            Self::TransferManager => own("peer-transfer-manager"),
            Self::S5cmd => tools.python.as_ref().map(|folder| folder.join("s5cmd")),
            Self::Aws => tools.python.as_ref().map(|folder| folder.join("aws")),
        }
    }

    fn environment(self, server: &Server, state: &Path) -> Vec<(&'static str, String)> {
        let mut environment = match self {
            Self::Upload => vec![
                ("FD_BASE_URL", server.api_url.clone()),
                ("FD_ACCESS_TOKEN", server.access_token.clone()),
                ("FD_PARTNER_ID", server.partner_id.clone()),
                // Settings and unfinished uploads of whoever measures are no part of it.
                ("XDG_CONFIG_HOME", text(state)),
                ("XDG_STATE_HOME", text(state)),
            ],
            Self::Aws => vec![
                ("AWS_DEFAULT_REGION", "us-east-1".into()),
                ("AWS_CONFIG_FILE", "/dev/null".into()),
                ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required".into()),
            ],
            _ => Vec::new(),
        };
        if let Some(ca) = &server.ca {
            environment.push(("SSL_CERT_FILE", text(ca)));
            environment.push(("AWS_CA_BUNDLE", text(ca)));
        }
        environment
    }
}

fn upload(row: &Row, data: &Data, server: &Server) -> Vec<String> {
    let mut arguments = vec!["put".to_owned()];
    match data.kind {
        Kind::Stdin { .. } => arguments.extend(["-".into(), "--name".into(), "stdin.bin".into()]),
        Kind::Many { .. } => arguments.extend(["--manifest".into(), text(&data.manifest)]),
        Kind::Eight { .. } => arguments.extend(["--recursive".into(), text(&data.folder)]),
        _ => arguments.push(text(&data.path)),
    }
    arguments.extend(row.options.iter().cloned());
    if let Some(ca) = &server.ca {
        arguments.extend(["--ca-cert".into(), text(ca)]);
    }
    arguments
}

fn curl(data: &Data, server: &Server) -> Vec<String> {
    let mut arguments: Vec<String> = ["--silent", "--show-error", "--fail"].map(String::from).into();
    if let Some(ca) = &server.ca {
        arguments.extend(["--cacert".into(), text(ca)]);
    }
    if data.kind.files() > 1 {
        arguments.extend(["--parallel", "--parallel-max", "8"].map(String::from));
    }
    let (file, url) = match data.kind {
        Kind::Stdin { .. } => ("-".into(), format!("{}/stdin.bin", server.bucket_url())),
        _ => (text(&data.folder.join(&data.glob)), format!("{}/", server.bucket_url())),
    };
    arguments.extend(["--upload-file".into(), file, url]);
    arguments
}

fn s5cmd(data: &Data, server: &Server) -> Vec<String> {
    let mut arguments: Vec<String> =
        vec!["--no-sign-request".into(), "--endpoint-url".into(), server.storage_url.clone()];
    arguments.extend(match data.kind {
        Kind::Stdin { .. } => vec!["pipe".into(), format!("s3://{}/stdin.bin", server.bucket())],
        _ if data.kind.files() > 1 => {
            vec!["cp".into(), format!("{}/", text(&data.folder)), format!("s3://{}/", server.bucket())]
        }
        _ => vec!["cp".into(), text(&data.path), format!("s3://{}/", server.bucket())],
    });
    arguments
}

fn aws(data: &Data, server: &Server) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["s3", "cp", "--no-sign-request", "--no-progress", "--only-show-errors"].map(String::from).into();
    arguments.extend(["--endpoint-url".into(), server.storage_url.clone()]);
    arguments.extend(match data.kind {
        Kind::Stdin { .. } => vec!["-".into(), format!("s3://{}/stdin.bin", server.bucket())],
        _ if data.kind.files() > 1 => {
            vec!["--recursive".into(), text(&data.folder), format!("s3://{}/", server.bucket())]
        }
        _ => vec![text(&data.path), format!("s3://{}/", server.bucket())],
    });
    arguments
}

/// Paths below `target` are text wherever Cargo's own are.
fn text(path: &Path) -> String {
    path.display().to_string()
}
