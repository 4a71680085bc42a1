//! The platform a command works against: the one of the settings, or a sandbox inside this process.

use std::path::PathBuf;

use upload_http::{ApiClient, HttpTransport, StorageClient};
use upload_proto::ApiHosts;
use upload_sandbox::{Sandbox, SandboxConfig, SandboxError, SandboxHandle};

use crate::{
    args::GlobalArgs,
    error::{CliError, ErrorKind},
    settings::{Credentials, Settings},
};

/// How to reach the platform, found before anything is done.
#[derive(Debug)]
pub(crate) enum Target {
    /// A sandbox, still to be started.
    Sandbox,
    /// The platform of the settings.
    Platform(Credentials),
}

/// A platform that can be talked to.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) api: ApiClient,
    pub(crate) transport: HttpTransport,
    sandbox: Option<SandboxHandle>,
}

impl Target {
    /// Finds what the settings say.
    ///
    /// # Errors
    /// When they say too little, or two things at once.
    pub(crate) fn resolve(settings: &Settings, global: &GlobalArgs) -> Result<Self, CliError> {
        if global.sandbox {
            Credentials::refuse_with_sandbox(settings)?;
            return Ok(Self::Sandbox);
        }
        Credentials::refuse_without_sandbox(settings)?;
        Credentials::resolve(settings, global).map(Self::Platform)
    }

    /// Makes the clients, and starts the sandbox where there is to be one. Sends nothing.
    ///
    /// # Errors
    /// For network settings that cannot be used, and for a sandbox that cannot start.
    pub(crate) async fn connect(
        self,
        settings: &Settings,
        global: &GlobalArgs,
        connections: usize,
    ) -> Result<Platform, CliError> {
        let network = settings.network(global, connections)?;
        let (credentials, sandbox) = match self {
            Self::Platform(credentials) => (credentials, None),
            Self::Sandbox => {
                let sandbox = start_sandbox(global.faults.apply(SandboxConfig::default())).await?;
                (credentials_of(&sandbox)?, Some(sandbox))
            }
        };
        let Credentials { hosts, token, partner } = credentials;
        let api = ApiClient::new(hosts, token, partner, &network)?.paced(settings.pace(global));
        let storage = StorageClient::new(&network)?;
        Ok(Platform { transport: HttpTransport::new(api.clone(), storage), api, sandbox })
    }
}

impl Platform {
    /// The file in which a sandbox keeps an object; `None` on the real platform.
    pub(crate) fn object_file(&self, key: &str) -> Option<PathBuf> {
        self.sandbox.as_ref().map(|sandbox| sandbox.object_path(key))
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
            SandboxError::Listen { .. } | SandboxError::Fault(_) | SandboxError::Bucket { .. } => {
                ErrorKind::Settings
            }
            _ => ErrorKind::Unexpected,
        };
        CliError::new(kind, error.to_string())
    })
}

fn credentials_of(sandbox: &SandboxHandle) -> Result<Credentials, CliError> {
    let odd = |error: &dyn std::fmt::Display| {
        CliError::new(ErrorKind::Unexpected, format!("the sandbox names an unusable address: {error}"))
    };
    Ok(Credentials {
        hosts: ApiHosts {
            api: sandbox.api_url().parse().map_err(|error| odd(&error))?,
            cr: Some(sandbox.cr_url().parse().map_err(|error| odd(&error))?),
        },
        token: sandbox.token().clone(),
        partner: sandbox.partner_id().parse().map_err(|error| odd(&error))?,
    })
}
