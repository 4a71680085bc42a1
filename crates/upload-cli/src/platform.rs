//! The platform a command works against: the one of the settings, or a sandbox inside this process.

use std::path::PathBuf;

use upload_http::{ApiClient, AuthClient, HttpTransport, NetworkConfig, StorageClient};
use upload_proto::{ApiHosts, PartnerId};
use upload_sandbox::{Sandbox, SandboxConfig, SandboxError, SandboxHandle};

use crate::{
    account::{Account, Identity, Source, TokenOrigin, no_partner},
    args::GlobalArgs,
    error::{CliError, ErrorKind},
    settings::{Settings, place},
    workers::Workers,
};

/// How to reach the platform, found before anything is done.
#[derive(Debug)]
pub(crate) enum Target {
    /// A sandbox, still to be started.
    Sandbox,
    /// The platform of the settings.
    Platform { hosts: ApiHosts, source: Source, partner: Option<PartnerId> },
}

/// A platform that can be talked to.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) api: ApiClient,
    pub(crate) transport: HttpTransport,
    pub(crate) account: Account,
    pub(crate) hosts: ApiHosts,
    pub(crate) identity: PlatformId,
    sandbox: Option<SandboxHandle>,
    _workers: Workers,
}

/// What is going to go to the platform.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// The most connections at once.
    pub(crate) connections: usize,
    /// Bytes, all in all; `None` where nobody knows yet.
    pub(crate) bytes: Option<u64>,
    /// In how many files.
    pub(crate) files: u64,
}

impl Load {
    /// Small requests, so many at once.
    pub(crate) fn light(connections: usize) -> Self {
        Self { connections, bytes: Some(0), files: 0 }
    }
}

/// What tells one platform, and one partner on it, from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlatformId {
    /// The root of the API.
    pub(crate) api: String,
    pub(crate) partner: String,
}

impl Target {
    /// Finds what the settings say.
    ///
    /// # Errors
    /// When they say too little, or two things at once.
    pub(crate) fn resolve(settings: &Settings, global: &GlobalArgs) -> Result<Self, CliError> {
        if global.sandbox {
            place::refuse_with_sandbox(settings)?;
            return Ok(Self::Sandbox);
        }
        place::refuse_without_sandbox(settings)?;
        let hosts = place::hosts(settings, global)?;
        let source = Source::find(settings, &hosts.api)?;
        let partner = place::partner(settings, global)?.map(|partner| partner.value);
        if let (Source::Given { .. }, None) = (&source, &partner) {
            return Err(no_partner());
        }
        Ok(Self::Platform { hosts, source, partner })
    }

    /// Sees to it that there is a CR API to talk to.
    ///
    /// # Errors
    /// When the settings name none.
    pub(crate) fn require_cr(&self) -> Result<(), CliError> {
        match self {
            Self::Platform { hosts: ApiHosts { cr: None, .. }, .. } => {
                let message = "no base URL of the CR API, which takes event workbooks";
                Err(CliError::new(ErrorKind::Settings, message).hint("set FD_CR_URL, or give --cr-url"))
            }
            _ => Ok(()),
        }
    }

    /// Makes the clients, and starts the sandbox where there is to be one. Nothing is sent, but a sign-in where that is
    /// what gives a token.
    ///
    /// # Errors
    /// For network settings that cannot be used, for a sandbox that cannot start, and for a sign-in that fails.
    pub(crate) async fn connect(
        self,
        settings: &Settings,
        global: &GlobalArgs,
        load: Load,
    ) -> Result<Platform, CliError> {
        let workers = Workers::start(load)?;
        let network = settings.network(global, load.connections)?;
        let network = NetworkConfig { storage_runtime: workers.handle(), ..network };
        let pace = settings.pace(global);
        let (hosts, account, sandbox) = match self {
            Self::Platform { hosts, source, partner } => {
                let auth = AuthClient::new(hosts.clone(), &network)?.paced(pace.clone());
                let api = hosts.api.clone();
                let account = source.open(settings, auth, |user| Identity { api, user }, partner).await?;
                (hosts, account, None)
            }
            Self::Sandbox => {
                let sandbox = start_sandbox(global.faults.apply(SandboxConfig::default())).await?;
                (hosts_of(&sandbox)?, account_of(&sandbox)?, Some(sandbox))
            }
        };
        let identity =
            PlatformId { api: hosts.api.as_str().to_owned(), partner: account.partner.as_str().to_owned() };
        let api = ApiClient::new(hosts.clone(), account.tokens.clone(), account.partner.clone(), &network)?
            .paced(pace);
        let storage = StorageClient::new(&network)?;
        let transport = HttpTransport::new(api.clone(), storage);
        Ok(Platform { api, transport, account, hosts, identity, sandbox, _workers: workers })
    }
}

impl Platform {
    /// Whether it is a sandbox, which ends with this process.
    pub(crate) fn is_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    /// The file in which a sandbox keeps an object; `None` on the real platform.
    pub(crate) fn object_file(&self, key: &str) -> Option<PathBuf> {
        self.sandbox.as_ref().map(|sandbox| sandbox.object_path(key))
    }

    /// The file in which a sandbox keeps what it was last sent under this name in a form; `None` on the real platform.
    pub(crate) fn received_file(&self, name: &str) -> Option<PathBuf> {
        let received = self.sandbox.as_ref()?.received_files();
        received.into_iter().rev().find(|file| file.filename == name).map(|file| file.path)
    }

    /// Lets go of it.
    pub(crate) async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.shutdown().await;
        }
    }
}

/// Starts a sandbox in this process.
///
/// # Errors
/// When its folder or a port cannot be used.
pub(crate) async fn start_sandbox(config: SandboxConfig) -> Result<SandboxHandle, CliError> {
    Sandbox::start(config).await.map_err(|error| {
        let kind = match &error {
            SandboxError::StorageDir { .. } | SandboxError::Storage { .. } => ErrorKind::LocalFile,
            SandboxError::Listen { .. }
            | SandboxError::Fault(_)
            | SandboxError::Certificate { .. }
            | SandboxError::LinkElsewhere
            | SandboxError::Bucket { .. } => ErrorKind::Settings,
            _ => ErrorKind::Unexpected,
        };
        CliError::new(kind, error.to_string())
    })
}

/// A sandbox's addresses.
///
/// # Errors
/// Never, unless the sandbox is at fault.
pub(crate) fn hosts_of(sandbox: &SandboxHandle) -> Result<ApiHosts, CliError> {
    Ok(ApiHosts {
        api: sandbox.api_url().parse().map_err(|error| odd(&error))?,
        cr: Some(sandbox.cr_url().parse().map_err(|error| odd(&error))?),
    })
}

fn account_of(sandbox: &SandboxHandle) -> Result<Account, CliError> {
    let partner: PartnerId = sandbox.partner_id().parse().map_err(|error| odd(&error))?;
    Ok(Account {
        user: Some(sandbox.username().to_owned()),
        partners: sandbox.partners().to_vec(),
        partner,
        origin: TokenOrigin::Sandbox,
        session: None,
        end: None,
        tokens: sandbox.token().clone().into(),
    })
}

fn odd(error: &dyn std::fmt::Display) -> CliError {
    CliError::new(ErrorKind::Unexpected, format!("the sandbox names an unusable address: {error}"))
}
