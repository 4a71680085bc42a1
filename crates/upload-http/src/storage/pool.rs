use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Uri;
use hyper::client::conn::http1::SendRequest;
use tokio::{task::AbortHandle, time::Instant};

use super::{socket::Wire, target::Forwarder};
use crate::watched_body::WatchedBody;

/// How long an idle connection is kept. S3 closes them, people observe, after 5 to 20 s, and one that is used again at
/// that moment costs a retry. The AWS SDK for Java 2.x keeps S3's connections for 5 s for the same reason
/// (`connectionMaxIdleTime` of its S3 client).
const IDLE_LIFE: Duration = Duration::from_secs(5);
/// How long a connection whose last answer was read may take to notice it.
const SETTLING: Duration = Duration::from_secs(1);

/// A connection to the storage. Dropping it closes it.
pub(super) struct Connection {
    pub(super) sender: SendRequest<WatchedBody>,
    pub(super) wire: Arc<Wire>,
    /// The proxy that forwards its requests, where there is one that does.
    pub(super) forwarder: Option<Forwarder>,
    pub(super) task: Task,
}

/// A task that ends when this is dropped.
pub(super) struct Task(AbortHandle);

impl Task {
    pub(super) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work).abort_handle())
    }

    fn is_over(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection with a request on it. Unless it is [released](Self::release), nothing more of the request goes out when
/// this is dropped, not even what the operating system holds.
pub(super) struct InUse(Option<Connection>);

impl InUse {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Some(connection))
    }

    pub(super) fn get(&mut self) -> Option<&mut Connection> {
        self.0.as_mut()
    }

    /// The request is over and its answer read: the connection may serve again. It lets go of the file that was sent.
    pub(super) fn release(mut self) -> Option<Connection> {
        self.0.take().inspect(|connection| connection.wire.set_lane(None))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.wire.set_discard();
        }
    }
}

/// Idle connections, by where they lead.
pub(super) struct Pool {
    idle: Mutex<HashMap<Uri, Vec<Idle>>>,
    per_origin: usize,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Idle {
    fn is_good(&self) -> bool {
        self.since.elapsed() < IDLE_LIFE
            && !self.connection.sender.is_closed()
            && !self.connection.task.is_over()
    }
}

impl Pool {
    pub(super) fn new(per_origin: usize) -> Self {
        Self { idle: Mutex::default(), per_origin }
    }

    /// The connection that was used last, of those that are still good.
    pub(super) async fn take(&self, origin: &Uri) -> Option<Connection> {
        loop {
            let idle = self.idle().get_mut(origin)?.pop()?;
            if !idle.is_good() {
                continue;
            }
            let mut connection = idle.connection;
            if connection.sender.is_ready() {
                return Some(connection);
            }
            if let Ok(Ok(())) = tokio::time::timeout(SETTLING, connection.sender.ready()).await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request, and lets go of those that nobody came for.
    pub(super) fn put(&self, origin: Uri, connection: Connection) {
        let mut idle = self.idle();
        idle.retain(|_, connections| {
            connections.retain(Idle::is_good);
            !connections.is_empty()
        });
        let connections = idle.entry(origin).or_default();
        if connections.len() < self.per_origin {
            connections.push(Idle { connection, since: Instant::now() });
        }
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<Uri, Vec<Idle>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
