use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// How many of the parts that were stored last a part is compared with.
const REMEMBERED: usize = 16;
/// Fewer of them say nothing about what is usual.
const ENOUGH: usize = 5;
/// No part is called slow before this: what a new connection costs, and a moment's congestion, are not worth more parts.
const SOONEST: Duration = Duration::from_secs(3);
/// How many times the usual time is too long, whatever the spread.
const FACTOR: f64 = 3.0;
/// How many median deviations above the median lie outside the spread: with normal noise, one part in ten thousand.
const DEVIATIONS: f64 = 6.0;
/// How long a part in flight has to have been there for its speed to count.
const SETTLED: Duration = Duration::from_secs(1);

/// Tells a slow part from its peers: those that were stored last, and those in flight beside it.
///
/// Sans-I/O and deterministic, as [`Controller`](super::Controller) is. A part is slow when both say so: it has taken longer than
/// the spread of those before it allows, and it moves at less than a third of the speed of those beside it: in flight, or stored
/// since it began. The second is what a link that got worse for all does not fulfil, nor a part that is alone.
#[derive(Debug, Default)]
pub(super) struct Peers {
    stored: VecDeque<Stored>,
    in_flight: HashMap<u64, InFlight>,
    next: u64,
}

#[derive(Clone, Copy, Debug)]
struct Stored {
    seconds_per_byte: f64,
    ended: Instant,
    /// The most that shared the link with it, itself included.
    among: usize,
}

#[derive(Debug)]
struct InFlight {
    began: Instant,
    bytes: u64,
    sent: Arc<AtomicU64>,
    /// The most that were in flight since it began.
    among: usize,
}

/// A part in flight, by its number in [`Peers`], and where its bytes are to be counted.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    number: u64,
    pub(super) sent: Arc<AtomicU64>,
}

impl InFlight {
    /// Bytes a second since it began; `None` while it is too early to tell.
    #[allow(clippy::cast_precision_loss, reason = "speeds are compared by thirds")]
    fn speed(&self, now: Instant) -> Option<f64> {
        let elapsed = now.saturating_duration_since(self.began);
        (elapsed >= SETTLED).then(|| self.sent.load(Relaxed) as f64 / elapsed.as_secs_f64())
    }
}

impl Peers {
    /// A part of so many bytes is on its way.
    pub(super) fn begin(&mut self, now: Instant, bytes: u64) -> Peer {
        let peer = Peer { number: self.next, sent: Arc::default() };
        self.next += 1;
        let part = InFlight { began: now, bytes, sent: peer.sent.clone(), among: 0 };
        self.in_flight.insert(peer.number, part);
        let among = self.in_flight.len();
        self.in_flight.values_mut().for_each(|part| part.among = part.among.max(among));
        peer
    }

    /// It is over; `stored` where it ended well.
    #[allow(clippy::cast_precision_loss, reason = "speeds are compared by thirds")]
    pub(super) fn end(&mut self, now: Instant, peer: &Peer, stored: bool) {
        let Some(part) = self.in_flight.remove(&peer.number).filter(|part| stored && part.bytes > 0) else {
            return;
        };
        let seconds = now.saturating_duration_since(part.began).as_secs_f64();
        self.stored.push_back(Stored {
            seconds_per_byte: seconds / part.bytes as f64,
            ended: now,
            among: part.among,
        });
        if self.stored.len() > REMEMBERED {
            self.stored.pop_front();
        }
    }

    /// When the part is to be looked at next.
    pub(super) fn look_at(&self, now: Instant, peer: &Peer) -> Instant {
        let due = self.in_flight.get(&peer.number).map(|part| {
            let allowed = self.allowed(part).map_or(SOONEST, |(_, allowed)| allowed);
            // What its peers show meanwhile may make it slow sooner.
            (part.began + allowed).min((part.began + SOONEST).max(now + SETTLED))
        });
        due.unwrap_or(now).max(now + SETTLED / 2)
    }

    /// The time that its peers took for as much, where the part is slow among them.
    pub(super) fn usual_where_slow(&self, now: Instant, peer: &Peer) -> Option<Duration> {
        let part = self.in_flight.get(&peer.number)?;
        let (usual, allowed) = self.allowed(part)?;
        if now.saturating_duration_since(part.began) < allowed {
            return None;
        }
        let others = self.in_flight.iter().filter(|(number, _)| **number != peer.number);
        let in_flight = others.filter_map(|(_, other)| other.speed(now));
        let meanwhile = self.stored.iter().filter(|stored| stored.ended > part.began);
        let meanwhile = meanwhile.map(|stored| stored.seconds_per_byte.recip());
        // What is in flight knows best how the link is now; fast parts are never there for long enough to be asked. Where nothing
        // else moved since it began, nothing tells a slow part from a slow link.
        let beside = median(in_flight.collect()).or_else(|| median(meanwhile.collect()))?;
        part.speed(now).is_some_and(|own| own * FACTOR < beside).then_some(usual)
    }

    /// How long so many bytes usually take with as many in flight as now, and how long they may take.
    #[allow(clippy::cast_precision_loss, reason = "speeds are compared by thirds")]
    fn allowed(&self, part: &InFlight) -> Option<(Duration, Duration)> {
        if self.stored.len() < ENOUGH {
            return None;
        }
        // Where more share the link than did then, each may take longer; where fewer do, it need not.
        let now = self.in_flight.len() as f64;
        let scaled = |stored: &Stored| stored.seconds_per_byte * (now / stored.among as f64).max(1.0);
        let paces: Vec<f64> = self.stored.iter().map(scaled).collect();
        let usual = median(paces.clone())?;
        let spread = median(paces.iter().map(|pace| (pace - usual).abs()).collect())?;
        let allowed = (usual * FACTOR).max(usual + spread * DEVIATIONS);
        let lasting = |pace: f64| Duration::try_from_secs_f64(pace * part.bytes as f64).ok();
        Some((lasting(usual)?, lasting(allowed)?.max(SOONEST)))
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    /// Peers that were stored by eights, each of 8 MiB in so many seconds.
    fn after(began: Instant, seconds: &[u64]) -> Peers {
        let mut peers = Peers::default();
        for seconds in seconds {
            let eight: Vec<Peer> = (0..8).map(|_| peers.begin(began, 8 * MIB)).collect();
            eight.iter().for_each(|peer| peers.end(began + Duration::from_secs(*seconds), peer, true));
        }
        peers
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Another part is stored while this one is on its way.
    fn another(peers: &mut Peers, began: Instant, took: Duration) {
        let other = peers.begin(began, 8 * MIB);
        peers.end(began + took, &other, true);
    }

    #[test]
    fn a_part_that_takes_three_times_as_long_as_the_others_and_stands_alone_is_slow() {
        let now = Instant::now();
        let mut peers = after(now, &[2, 2]);
        let now = now + seconds(10);
        let slow = peers.begin(now, 8 * MIB);
        let larger = peers.begin(now, 80 * MIB);
        larger.sent.store(80 * MIB, Relaxed);
        another(&mut peers, now, seconds(2));
        assert_eq!(peers.look_at(now, &slow), now + seconds(3));
        assert_eq!(peers.look_at(now + seconds(4), &slow), now + seconds(5));
        assert_eq!(peers.usual_where_slow(now + seconds(5), &slow), None);
        assert_eq!(peers.usual_where_slow(now + seconds(6), &slow), Some(seconds(2)));
        assert_eq!(
            peers.usual_where_slow(now + seconds(59), &larger),
            None,
            "ten times the bytes, ten times the time"
        );
    }

    #[test]
    fn a_part_beside_which_nothing_moves_is_not_slow() {
        let now = Instant::now();
        let mut peers = after(now, &[1, 1]);
        let now = now + seconds(10);
        let alone = peers.begin(now, 8 * MIB);
        assert_eq!(peers.usual_where_slow(now + seconds(1000), &alone), None);
        another(&mut peers, now + seconds(1000), seconds(1));
        assert!(peers.usual_where_slow(now + seconds(1001), &alone).is_some());
    }

    #[test]
    fn nothing_is_slow_before_enough_is_known_or_within_three_seconds() {
        let now = Instant::now();
        let mut few = Peers::default();
        let part = few.begin(now, MIB);
        assert_eq!(few.usual_where_slow(now + seconds(1000), &part), None);
        let mut fast = after(now, &[0]);
        let part = fast.begin(now, 8 * MIB);
        another(&mut fast, now, Duration::from_millis(10));
        assert_eq!(fast.usual_where_slow(now + Duration::from_millis(2999), &part), None);
        assert!(fast.usual_where_slow(now + seconds(3), &part).is_some());
    }

    #[test]
    fn a_wide_spread_allows_more() {
        let now = Instant::now();
        let mut peers = Peers::default();
        for took in [1, 2, 3, 4, 5, 6, 7] {
            let peer = peers.begin(now, 8 * MIB);
            peers.end(now + seconds(took), &peer, true);
        }
        let part = peers.begin(now, 8 * MIB);
        assert_eq!(peers.usual_where_slow(now + seconds(15), &part), None, "4 s, and six times 2 s");
        assert_eq!(peers.usual_where_slow(now + seconds(17), &part), Some(seconds(4)));
    }

    #[test]
    fn a_link_that_got_worse_for_all_makes_none_slow() {
        let now = Instant::now();
        let mut peers = after(now, &[1, 1]);
        let parts: Vec<Peer> = (0..8).map(|_| peers.begin(now, 8 * MIB)).collect();
        parts.iter().for_each(|part| part.sent.store(MIB, Relaxed));
        assert!(parts.iter().all(|part| peers.usual_where_slow(now + seconds(8), part).is_none()));
        parts[1..].iter().for_each(|part| part.sent.store(7 * MIB, Relaxed));
        assert!(peers.usual_where_slow(now + seconds(8), &parts[0]).is_some());
        assert!(peers.usual_where_slow(now + seconds(8), &parts[1]).is_none());
    }

    #[test]
    fn more_in_flight_may_take_longer() {
        let now = Instant::now();
        let mut peers = after(now, &[2, 2]);
        let parts: Vec<Peer> = (0..36).map(|_| peers.begin(now, 8 * MIB)).collect();
        parts[1..].iter().for_each(|part| part.sent.store(8 * MIB, Relaxed));
        // Four and a half times as many as when the others took 2 s.
        assert_eq!(peers.usual_where_slow(now + seconds(26), &parts[0]), None);
        assert_eq!(peers.usual_where_slow(now + seconds(27), &parts[0]), Some(seconds(9)));
    }
}
