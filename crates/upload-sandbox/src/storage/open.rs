//! Sets the storage up: the built-in one, or one elsewhere.

use std::{path::Path, sync::Arc, time::Duration};

use rusty_s3::{Bucket, Credentials, UrlStyle};
use s3s_fs::FileSystem;

use super::{
    NullEtag, Relay, Site, StorageClient, StrictFs,
    door::{Door, unusable},
    null::NullStorage,
};
use crate::{
    Backend, S3Route, S3Store, SandboxError,
    clock::Clock,
    fault::Faults,
    log::RequestLog,
    net::{Server, Wire},
    uploads::Uploads,
};

/// What the storage needs to know of the rest of the sandbox.
pub(crate) struct Surroundings<'a> {
    /// The folder of the built-in storage.
    pub(crate) root: &'a Path,
    pub(crate) port: u16,
    /// What lies between clients and the port.
    pub(crate) wire: &'a Wire,
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
    /// None where they lead elsewhere.
    pub(crate) servers: Vec<Server>,
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
    let door = Door::open(around).await?;
    let client = StorageClient::new(door.own_site()?, door.site()?, around.url_life);
    let client = client.map_err(|error| unusable(&error))?.internal(door.internal());
    let strict = StrictFs::new(file_system, root, Arc::clone(around.uploads));
    Ok(door.serve(strict, Arc::new(client), around))
}

async fn null(etag: NullEtag, around: &Surroundings<'_>) -> Result<Storage, SandboxError> {
    let door = Door::open(around).await?;
    let client = StorageClient::new(door.own_site()?, door.site()?, around.url_life);
    let client = client.map_err(|error| unusable(&error))?.keeping_no_bytes();
    let storage = NullStorage::new(etag, around.clock, Arc::clone(around.uploads));
    Ok(door.serve_null(Arc::new(storage), Arc::new(client), around))
}

async fn relayed(store: &S3Store, around: &Surroundings<'_>) -> Result<Storage, SandboxError> {
    let door = Door::open(around).await?;
    let client = StorageClient::new(elsewhere(store)?, door.site()?, around.url_life);
    let client = client.map_err(|error| unusable(&error))?;
    let client = Arc::new(client.tracking(Arc::clone(around.uploads)));
    let relay = Relay::new(Arc::clone(&client), Arc::clone(around.uploads));
    Ok(door.serve(relay, client, around))
}

fn direct(store: &S3Store, around: &Surroundings<'_>) -> Result<Storage, SandboxError> {
    if around.wire.link.is_some() {
        return Err(SandboxError::LinkElsewhere);
    }
    let site = elsewhere(store)?;
    let client = StorageClient::new(site.clone(), site, around.url_life).map_err(|error| unusable(&error))?;
    let client = Arc::new(client.tracking(Arc::clone(around.uploads)).direct());
    Ok(Storage { client, url: store.endpoint.clone(), servers: Vec::new() })
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
