//! The sandbox's own storage port.

use std::sync::Arc;

use http::HeaderValue;
use rusty_s3::{Bucket, Credentials, UrlStyle};
use s3s::{
    S3,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use tokio::net::TcpListener;

use super::{
    BUCKET, REGION, Site, StorageClient, StorageService,
    null::{self, NullStorage},
    open::{Storage, Surroundings},
};
use crate::{
    SandboxError,
    net::{Server, Wire},
    sandbox::random_text,
};

/// A port for clients, with keys of its own.
pub(super) struct Door {
    listener: TcpListener,
    url: String,
    /// The API's way in, where the clients' is encrypted or slow: it lives beside the storage.
    inner: Option<(TcpListener, String)>,
    key: String,
    secret: String,
    internal: HeaderValue,
}

impl Door {
    pub(super) async fn open(around: &Surroundings<'_>) -> Result<Self, SandboxError> {
        let (listener, url) = around.wire.bind(around.port).await?;
        let inner = if around.wire.is_bare() { None } else { Some(Wire::default().bind(0).await?) };
        Ok(Self {
            listener,
            url,
            inner,
            key: random_text(20),
            secret: random_text(40),
            internal: random_text(40).parse().map_err(|error| unusable(&error))?,
        })
    }

    /// What the URLs for clients are made of.
    pub(super) fn site(&self) -> Result<Site, SandboxError> {
        self.site_at(&self.url)
    }

    /// Where the API's own requests go.
    pub(super) fn own_site(&self) -> Result<Site, SandboxError> {
        self.site_at(self.inner.as_ref().map_or(&self.url, |(_, url)| url))
    }

    /// The secret that marks the API's own requests.
    pub(super) fn internal(&self) -> HeaderValue {
        self.internal.clone()
    }

    fn site_at(&self, url: &str) -> Result<Site, SandboxError> {
        let endpoint = url.parse().map_err(|error: url::ParseError| unusable(&error))?;
        let bucket = Bucket::new(endpoint, UrlStyle::Path, BUCKET, REGION).map_err(|e| unusable(&e))?;
        Ok(Site { bucket, credentials: Credentials::new(self.key.clone(), self.secret.clone()) })
    }

    /// Lets an S3 of s3s answer.
    pub(super) fn serve(self, s3: impl S3, client: Arc<StorageClient>, around: &Surroundings<'_>) -> Storage {
        let mut builder = S3ServiceBuilder::new(s3);
        builder.set_auth(SimpleAuth::from_single(&*self.key, &*self.secret));
        let s3: S3Service = builder.build();
        let service = StorageService::new(
            s3,
            self.internal.clone(),
            Arc::clone(around.log),
            Arc::clone(around.faults),
            Arc::clone(around.uploads),
        );
        self.with_servers(client, around.wire, |listener, wire| {
            let service = service.clone();
            Server::start(listener, wire, around.clock, move |request| service.clone().answer(request))
        })
    }

    /// Lets the null storage answer.
    pub(super) fn serve_null(
        self,
        storage: Arc<NullStorage>,
        client: Arc<StorageClient>,
        around: &Surroundings<'_>,
    ) -> Storage {
        self.with_servers(client, around.wire, |listener, wire| {
            let storage = Arc::clone(&storage);
            Server::accepting(listener, move |stream, stopped| {
                null::serve(Arc::clone(&storage), stream, wire.clone(), stopped)
            })
        })
    }

    fn with_servers(
        self,
        client: Arc<StorageClient>,
        wire: &Wire,
        start: impl Fn(TcpListener, Wire) -> Server,
    ) -> Storage {
        let mut servers = vec![start(self.listener, wire.clone())];
        servers.extend(self.inner.map(|(listener, _)| start(listener, Wire::default())));
        Storage { client, url: self.url, servers }
    }
}

pub(super) fn unusable(error: &dyn std::fmt::Display) -> SandboxError {
    SandboxError::Setup(error.to_string())
}
