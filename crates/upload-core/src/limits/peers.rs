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
/// Fewer peers say nothing about what is usual.
const ENOUGH: usize = 3;
/// No part is called slow before this: what a new connection costs, and a moment's congestion, are not worth more parts.
const SOONEST: Duration = Duration::from_secs(3);
/// A part that is slower than its peers by less than this is not worth sending again.
const FACTOR: f64 = 4.0;
/// Where fewer parts are in flight than may be: how many times as long as its peers take for a whole part what is left of a part has to
/// take for it to be worth sending again. The connection it waits for is the only one that is late, so that a wrong guess costs
/// little, and the right one all that the link would stand still for.
const FACTOR_AT_THE_END: f64 = 2.0;
/// How many median deviations below the median lie outside the spread.
const DEVIATIONS: f64 = 3.0;
/// How long a part in flight has to have been there for its speed to count.
const SETTLED: Duration = Duration::from_secs(1);
/// How often a part is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Tells a slow part from its peers: the parts in flight beside it, and those that were stored since right before it began.
///
/// Sans-I/O and deterministic, as [`Controller`](super::Controller) is. A part is slow when it has had the time in which its peers
/// are through, and lies outside their spread: at less than a quarter of their median speed, and more than three median
/// deviations below it. A link that got worse for all makes no part slow, nor does one to a part that is alone.
///
/// Where fewer parts are in flight than may be, so that none waits for its place, what a slow part holds up is the end of the file: it is slow as soon as sending it
/// anew would be over well before it, and it lies outside the spread. Many parts in flight share a link, so that by then a
/// connection that crawls may well have half of what each of the others had.
#[derive(Debug, Default)]
pub(super) struct Peers {
    stored: VecDeque<Stored>,
    in_flight: HashMap<u64, InFlight>,
    next: u64,
}

#[derive(Clone, Copy, Debug)]
struct Stored {
    /// In bytes a second.
    speed: f64,
    ended: Instant,
}

#[derive(Debug)]
struct InFlight {
    began: Instant,
    bytes: u64,
    sent: Arc<AtomicU64>,
}

/// A part in flight, by its number in [`Peers`], and where its bytes are to be counted.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    number: u64,
    pub(super) sent: Arc<AtomicU64>,
}

impl InFlight {
    /// Bytes a second since it began; `None` while it is too early to tell.
    #[allow(clippy::cast_precision_loss, reason = "speeds are compared by quarters")]
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
        self.in_flight.insert(peer.number, InFlight { began: now, bytes, sent: peer.sent.clone() });
        peer
    }

    /// It is over; `stored` where it ended well.
    #[allow(clippy::cast_precision_loss, reason = "speeds are compared by quarters")]
    pub(super) fn end(&mut self, now: Instant, peer: &Peer, stored: bool) {
        let Some(part) = self.in_flight.remove(&peer.number).filter(|part| stored && part.bytes > 0) else {
            return;
        };
        let seconds = now.saturating_duration_since(part.began).as_secs_f64().max(f64::EPSILON);
        self.stored.push_back(Stored { speed: part.bytes as f64 / seconds, ended: now });
        if self.stored.len() > REMEMBERED {
            self.stored.pop_front();
        }
    }

    /// When the part is to be looked at next.
    pub(super) fn look_at(&self, now: Instant, peer: &Peer) -> Instant {
        let began = self.in_flight.get(&peer.number).map_or(now, |part| part.began);
        (began + SOONEST).max(now + EVERY)
    }

    /// The time that its peers take for as much, where the part is slow among them; `at_the_end` where fewer are in flight than
    /// may be.
    #[allow(clippy::cast_precision_loss, reason = "speeds are compared by quarters")]
    pub(super) fn usual_where_slow(&self, now: Instant, peer: &Peer, at_the_end: bool) -> Option<Duration> {
        let part = self.in_flight.get(&peer.number)?;
        let others = self.in_flight.iter().filter(|(number, _)| **number != peer.number);
        // What is in flight knows best how the link is now; fast parts are not there for long enough to be asked.
        let mut speeds: Vec<f64> = others.filter_map(|(_, other)| other.speed(now)).collect();
        if speeds.len() < ENOUGH {
            let lately = self.stored.iter().filter(|stored| stored.ended + SETTLED >= part.began);
            speeds.extend(lately.map(|stored| stored.speed));
        }
        if speeds.len() < ENOUGH {
            return None;
        }
        let usual = median(&mut speeds)?;
        let spread = median(&mut speeds.iter().map(|speed| (speed - usual).abs()).collect::<Vec<_>>())?;
        let time = Duration::try_from_secs_f64(part.bytes as f64 / usual).ok()?;
        let elapsed = now.saturating_duration_since(part.began);
        let own = part.speed(now).filter(|own| elapsed >= SOONEST && *own < usual - spread * DEVIATIONS)?;
        let left = part.bytes.saturating_sub(part.sent.load(Relaxed)) as f64;
        let is_late = elapsed >= time && own * FACTOR < usual;
        // What was sent may lie in buffers: nothing left does not mean that it is over.
        let will_be_late = left * usual > part.bytes as f64 * own * FACTOR_AT_THE_END;
        (is_late || at_the_end && will_be_late).then_some(time)
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Eight parts of 8 MiB that began together.
    fn eight(peers: &mut Peers, began: Instant) -> Vec<Peer> {
        (0..8).map(|_| peers.begin(began, 8 * MIB)).collect()
    }

    fn sent(peer: &Peer, bytes: u64) {
        peer.sent.store(bytes, Relaxed);
    }

    #[test]
    fn a_part_that_crawls_beside_others_is_slow_when_they_would_be_through() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let parts = eight(&mut peers, now);
        // 1 MiB/s each, 8 s for a part.
        parts[1..].iter().for_each(|part| sent(part, 7 * MIB));
        sent(&parts[0], MIB);
        assert_eq!(
            peers.usual_where_slow(now + seconds(7), &parts[0], false),
            None,
            "they are not through either"
        );
        parts[1..].iter().for_each(|part| sent(part, 8 * MIB));
        assert_eq!(peers.usual_where_slow(now + seconds(8), &parts[0], false), Some(seconds(8)));
        assert_eq!(peers.usual_where_slow(now + seconds(8), &parts[1], false), None);
        sent(&parts[0], 2 * MIB);
        assert_eq!(
            peers.usual_where_slow(now + seconds(8), &parts[0], false),
            None,
            "a quarter as fast may go on"
        );
    }

    #[test]
    fn the_last_part_is_compared_with_those_stored_since_it_began() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let parts = eight(&mut peers, now);
        parts[1..].iter().for_each(|part| peers.end(now + Duration::from_millis(500), part, true));
        assert_eq!(
            peers.usual_where_slow(now + Duration::from_millis(2999), &parts[0], false),
            None,
            "too soon"
        );
        assert!(peers.usual_where_slow(now + seconds(3), &parts[0], false).is_some());
        let larger = peers.begin(now, 8000 * MIB);
        assert_eq!(
            peers.usual_where_slow(now + seconds(100), &larger, false),
            None,
            "it needs 500 s, as the others would"
        );
    }

    #[test]
    fn a_part_beside_which_too_little_moves_is_not_slow() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let before = eight(&mut peers, now);
        before.iter().for_each(|part| peers.end(now + seconds(1), part, true));
        let alone = peers.begin(now + seconds(3), 8 * MIB);
        assert_eq!(peers.usual_where_slow(now + seconds(1000), &alone, false), None);
        for _ in 0..2 {
            let other = peers.begin(now + seconds(1000), 8 * MIB);
            peers.end(now + seconds(1001), &other, true);
        }
        assert_eq!(peers.usual_where_slow(now + seconds(1001), &alone, false), None, "two say nothing");
    }

    #[test]
    fn a_wide_spread_makes_none_slow() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let parts = eight(&mut peers, now);
        for (part, mib) in parts.iter().zip([1, 1, 2, 3, 5, 8, 9, 9]) {
            sent(part, mib * MIB);
        }
        assert!(parts.iter().all(|part| peers.usual_where_slow(now + seconds(16), part, false).is_none()));
    }

    #[test]
    fn a_link_that_got_worse_for_all_makes_none_slow() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let before = eight(&mut peers, now);
        let parts = eight(&mut peers, now + Duration::from_millis(900));
        before.iter().for_each(|part| peers.end(now + seconds(1), part, true));
        parts.iter().for_each(|part| sent(part, MIB));
        assert!(parts.iter().all(|part| peers.usual_where_slow(now + seconds(60), part, false).is_none()));
    }

    #[test]
    fn at_the_end_a_part_is_slow_when_sending_it_anew_would_be_over_well_before_it() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let parts = eight(&mut peers, now);
        let after = |seconds: u64, own: u64| {
            parts[1..].iter().for_each(|part| sent(part, seconds * MIB / 2));
            sent(&parts[0], own);
            peers.usual_where_slow(now + Duration::from_secs(seconds), &parts[0], true)
        };
        // 16 s for a whole part at the usual speed.
        assert_eq!(after(2, MIB / 4), None, "too soon");
        assert_eq!(after(4, MIB / 2), Some(seconds(16)), "60 s are left at a quarter of the speed");
        assert_eq!(after(4, MIB), None, "28 s are left at half of the speed");
        assert_eq!(after(15, 3 * MIB), None, "25 s are left");
        assert_eq!(peers.usual_where_slow(now + seconds(15), &parts[0], false), None);
        // All of it is on its way, in the buffers of a connection that crawls.
        assert_eq!(after(60, 8 * MIB), None);
        parts[1..].iter().for_each(|part| sent(part, 8 * MIB));
        assert_eq!(peers.usual_where_slow(now + seconds(60), &parts[0], true), None, "all were as slow");
        parts[1..].iter().for_each(|part| sent(part, 80 * MIB));
        assert!(peers.usual_where_slow(now + seconds(60), &parts[0], true).is_some());
    }

    #[test]
    fn at_the_end_too_a_wide_spread_makes_none_slow() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let parts = eight(&mut peers, now);
        for (part, mib) in parts.iter().zip([1, 1, 2, 3, 5, 6, 7, 7]) {
            sent(part, mib * MIB);
        }
        assert!(parts.iter().all(|part| peers.usual_where_slow(now + seconds(8), part, true).is_none()));
    }

    #[test]
    fn it_is_looked_at_each_second_from_the_third_on() {
        let (now, mut peers) = (Instant::now(), Peers::default());
        let part = peers.begin(now, MIB);
        assert_eq!(peers.look_at(now, &part), now + seconds(3));
        assert_eq!(peers.look_at(now + seconds(4), &part), now + seconds(5));
    }
}
