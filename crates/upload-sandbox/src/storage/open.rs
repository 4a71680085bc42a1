//! Sets the storage up: the built-in one, or one elsewhere.

use std::{path::Path, sync::Arc, time::Duration};

use http::HeaderValue;
use rusty_s3::{Bucket, Credentials, UrlStyle};
use s3s::{
    S3,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;

use super::{
    BUCKET, NullEtag, REGION, Relay, Site, StorageClient, StorageService, StrictFs,
    null::{self, NullStorage},
};
use crate::{
    Backend, S3Route, S3Store, SandboxError,
    clock::Clock,
    fault::Faults,
    log::RequestLog,
    net::{Server, bind},
    sandbox::random_text,
    uploads::Uploads,
};

/// What the storage needs to know of the rest of the sandbox.
pub(crate) struct Surroundings<'a> {
    /// The folder of the built-in storage.
    pub(crate) root: &'a Path,
    pub(crate) port: u16,
    pub(crate) clock: Clock,
    pub(crate) url_life: Duration,
    pub(crate) log: &'a Arc<RequestLog>,
    pub(crate) faults: &'a Arc<Faults>,
    pub(crate) uploads: &'a Arc<Uploads>,
}

/// The storage, ready for use.
pub(crate) struct Storage {
    pub(crate) client: Arc<StorageClient>,
    /// Where presigned URLs lead.
    pub(crate) url: String,
    /// `None` where they lead elsewhere.
    pub(crate) server: Option<Server>,
}

/// Opens the storage, with its port where it has one, and creates the bucket.
pub(crate) async fn open(backend: &Backend, around: Surroundings<'_>) -> Result<Storage, SandboxError> {
    let storage = match backend {
        Backend::BuiltIn => built_in(&around).await?,
        Backend::Null(etag) => null(*etag, &around).await?,
        Backend::S3(store) => match store.route {
            S3Route::Direct => direct(store, &around)?,
            S3Route::Relayed => relayed(store, &around).await?,
        },
    };
    storage.client.ensure_bucket().await.map_err(|error| SandboxError::Bucket {
        url: storage.client.location("").trim_end_matches('/').to_owned(),
        message: error.to_string(),
    })?;
    Ok(storage)
}

async fn built_in(around: &Surroundings<'_>) -> Result<Storage, SandboxError> {
    let root = around.root.to_owned();
    let file_system = FileSystem::new(&root)
        .map_err(|e| SandboxError::Storage { path: root.clone(), message: format!("{e:?}") })?;
    let door = Door::open(around.port).await?;
    let site = door.site()?;
    let client = StorageClient::new(site.clone(), site, around.url_life).map_err(|error| unusable(&error))?;
    let client = Arc::new(client.internal(door.internal.clone()));
    let strict = StrictFs::new(file_system, root, Arc::clone(around.uploads));
    Ok(door.serve(strict, client, around))
}

async fn null(etag: NullEtag, around: &Surroundings<'_>) -> Result<Storage, SandboxError> {
    let door = Door::open(around.port).await?;
    let site = door.site()?;
    let client = StorageClient::new(site.clone(), site, around.url_life).map_err(|error| unusable(&error))?;
    let storage = Arc::new(NullStorage::new(etag, around.clock, Arc::clone(around.uploads)));
    let server = Server::accepting(door.listener, move |stream, stopped| {
        null::serve(Arc::clone(&storage), stream, stopped)
    });
    Ok(Storage { client: Arc::new(client.keeping_no_bytes()), url: door.url, server: Some(server) })
}

async fn relayed(store: &S3Store, around: &Surroundings<'_>) -> Result<Storage, SandboxError> {
    let door = Door::open(around.port).await?;
    let client = StorageClient::new(elsewhere(store)?, door.site()?, around.url_life);
    let client = client.map_err(|error| unusable(&error))?;
    let client = Arc::new(client.tracking(Arc::clone(around.uploads)));
    let relay = Relay::new(Arc::clone(&client), Arc::clone(around.uploads));
    Ok(door.serve(relay, client, around))
}

fn direct(store: &S3Store, around: &Surroundings<'_>) -> Result<Storage, SandboxError> {
    let site = elsewhere(store)?;
    let client = StorageClient::new(site.clone(), site, around.url_life).map_err(|error| unusable(&error))?;
    let client = Arc::new(client.tracking(Arc::clone(around.uploads)).direct());
    Ok(Storage { client, url: store.endpoint.clone(), server: None })
}

fn elsewhere(store: &S3Store) -> Result<Site, SandboxError> {
    let wrong = |message: String| SandboxError::Bucket { url: store.endpoint.clone(), message };
    let endpoint: url::Url = store.endpoint.parse().map_err(|e: url::ParseError| wrong(e.to_string()))?;
    if !matches!(endpoint.scheme(), "http" | "https") {
        return Err(wrong("an S3's address starts with http:// or https://".into()));
    }
    let bucket = Bucket::new(endpoint, UrlStyle::Path, store.bucket.clone(), store.region.clone());
    let keys = store.keys.clone();
    let credentials = match keys.session_token {
        Some(token) => Credentials::new_with_token(keys.access_key_id, keys.secret_access_key, token),
        None => Credentials::new(keys.access_key_id, keys.secret_access_key),
    };
    Ok(Site { bucket: bucket.map_err(|error| wrong(error.to_string()))?, credentials })
}

/// The sandbox's own storage port with keys of its own.
struct Door {
    listener: tokio::net::TcpListener,
    url: String,
    key: String,
    secret: String,
    internal: HeaderValue,
}

impl Door {
    async fn open(port: u16) -> Result<Self, SandboxError> {
        let (listener, port) = bind(port).await?;
        Ok(Self {
            listener,
            url: format!("http://127.0.0.1:{port}"),
            key: random_text(20),
            secret: random_text(40),
            internal: random_text(40).parse().map_err(|error| unusable(&error))?,
        })
    }

    fn site(&self) -> Result<Site, SandboxError> {
        let endpoint = self.url.parse().map_err(|error: url::ParseError| unusable(&error))?;
        let bucket = Bucket::new(endpoint, UrlStyle::Path, BUCKET, REGION).map_err(|e| unusable(&e))?;
        Ok(Site { bucket, credentials: Credentials::new(self.key.clone(), self.secret.clone()) })
    }

    fn serve(self, s3: impl S3, client: Arc<StorageClient>, around: &Surroundings<'_>) -> Storage {
        let mut builder = S3ServiceBuilder::new(s3);
        builder.set_auth(SimpleAuth::from_single(&*self.key, &*self.secret));
        let s3: S3Service = builder.build();
        let service = StorageService::new(
            s3,
            self.internal,
            Arc::clone(around.log),
            Arc::clone(around.faults),
            Arc::clone(around.uploads),
        );
        let server =
            Server::start(self.listener, around.clock, move |request| service.clone().answer(request));
        Storage { client, url: self.url, server: Some(server) }
    }
}

fn unusable(error: &dyn std::fmt::Display) -> SandboxError {
    SandboxError::Setup(error.to_string())
}
