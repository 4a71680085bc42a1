use std::sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed};

use futures::future::{Either, select};
use upload_proto::PresignedUrl;

use super::{
    gate::Gate,
    peers::{Peer, Peers},
};
use crate::{Clock, PartBody, Stored, Transport, TransportError, TransportErrorKind as Kind};

/// A part that was given up as slow so many times is waited for: perhaps it is not the connection.
pub(super) const MOST_GIVEN_UP: u32 = 2;

/// Finds the parts that are slow among fast ones, and gives them up.
#[derive(Debug, Default)]
pub(super) struct Stragglers(Mutex<Peers>);

/// One try of one part.
pub(super) struct Put<'a> {
    pub(super) transport: &'a dyn Transport,
    pub(super) clock: &'a dyn Clock,
    /// Where parts wait for their place.
    pub(super) gate: &'a Gate,
    pub(super) attempt: u32,
    pub(super) url: &'a PresignedUrl,
}

impl Stragglers {
    fn peers(&self) -> MutexGuard<'_, Peers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a part; where it is slow among its peers, that is an error of the kind [`Slow`](Kind::Slow).
    pub(super) async fn put(&self, put: Put<'_>, body: PartBody) -> Result<Stored, TransportError> {
        let Put { transport, clock, gate, attempt, url } = put;
        let part = InFlight { peer: self.peers().begin(clock.now(), body.len()), of: self, clock };
        let sent = part.peer.sent.clone();
        let body = body.counted(move |bytes| {
            sent.fetch_add(bytes, Relaxed);
        });
        let mut sending = transport.put_part(attempt, url, body);
        if attempt > MOST_GIVEN_UP {
            return part.end(sending.await);
        }
        loop {
            let look_at = self.peers().look_at(clock.now(), &part.peer);
            sending = match select(sending, clock.sleep_until(look_at)).await {
                Either::Left((result, _)) => return part.end(result),
                Either::Right(((), unfinished)) => unfinished,
            };
            let usual = self.peers().usual_where_slow(clock.now(), &part.peer, gate.has_room());
            if let Some(usual) = usual {
                let message = format!("much slower than its peers, which take {:.1} s", usual.as_secs_f64());
                return Err(TransportError::new(Kind::Slow, message));
            }
        }
    }
}

/// A part among its peers, until it is dropped.
struct InFlight<'a> {
    peer: Peer,
    of: &'a Stragglers,
    clock: &'a dyn Clock,
}

impl InFlight<'_> {
    fn end(self, result: Result<Stored, TransportError>) -> Result<Stored, TransportError> {
        self.of.peers().end(self.clock.now(), &self.peer, result.is_ok());
        result
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.of.peers().end(self.clock.now(), &self.peer, false);
    }
}
