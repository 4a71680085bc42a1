//! How much a connection may have taken that is not on its way yet.

use std::time::Duration;

use tokio::{net::TcpStream, time::Instant};

/// What a connection may hold unsent while it is not known to be fast, in bytes (`TCP_NOTSENT_LOWAT`, tcp(7)).
const LOW: u32 = 128 * 1024;
/// After so many bytes it is known, in bytes.
const ENOUGH: u64 = 4 * 1024 * 1024;
/// What ENOUGH bytes take at most on a fast connection: 16 MiB/s.
const FAST: Duration = Duration::from_millis(250);

/// Has the operating system take bytes only when they are about to be sent, but on a fast connection.
///
/// By itself it takes megabytes for each connection, so that for many seconds one that crawls looks as fast as the others,
/// and progress runs ahead. A fast one gets rid of them in no time, and taking little at once would cost it a tenth more
/// processor time on loopback. Elsewhere than on Linux the system takes what it wants.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    since: Option<Instant>,
    bytes: u64,
    is_fast: bool,
}

impl Unsent {
    pub(super) fn of(tcp: &TcpStream) -> Self {
        set(tcp, LOW);
        Self::default()
    }

    /// So many bytes were taken.
    pub(super) fn took(&mut self, tcp: &TcpStream, now: Instant, bytes: usize) {
        if self.is_fast {
            return;
        }
        let since = *self.since.get_or_insert(now);
        self.bytes += bytes as u64;
        if self.bytes < ENOUGH {
            return;
        }
        if now.saturating_duration_since(since) <= FAST {
            self.is_fast = true;
            // None of its own: the system's.
            set(tcp, 0);
        }
        (self.since, self.bytes) = (Some(now), 0);
    }
}

#[cfg(target_os = "linux")]
fn set(tcp: &TcpStream, bytes: u32) {
    // Where it is not to be had, everything works all the same.
    let _ = socket2::SockRef::from(tcp).set_tcp_notsent_lowat(bytes);
}

#[cfg(not(target_os = "linux"))]
fn set(_: &TcpStream, _: u32) {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_fast_connection_takes_what_it_wants() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let limit = || socket2::SockRef::from(&tcp).tcp_notsent_lowat().unwrap();
        let mut unsent = Unsent::of(&tcp);
        assert_eq!(limit(), LOW);
        let (mut now, mib) = (Instant::now(), 1024 * 1024);
        for _ in 0..40 {
            now += Duration::from_millis(100);
            unsent.took(&tcp, now, mib);
        }
        assert_eq!(limit(), LOW, "10 MiB/s");
        for _ in 0..5 {
            now += Duration::from_millis(20);
            unsent.took(&tcp, now, mib);
        }
        assert_eq!(limit(), 0, "50 MiB/s");
    }
}
