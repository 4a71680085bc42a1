//! A link that exists only here, and what the controller makes of it: a fluid model in virtual time.

use std::time::{Duration, Instant};

use super::{Controller, Sent};

pub(super) const MIB: f64 = 1024.0 * 1024.0;
/// What a connection may have on the way at first, and at most, in bytes: as the sandbox's links have it.
const WINDOWS: (f64, f64) = (10.0 * 1460.0, 4.0 * MIB);
const STEP: Duration = Duration::from_millis(5);

/// A link and what is sent over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// Of all connections together, in bytes a second.
    pub(super) rate: f64,
    /// Of one connection, in bytes a second.
    pub(super) per_connection: f64,
    /// From the first byte that is sent to the first that comes back.
    pub(super) rtt: Duration,
    /// By how much of the usual speed connections are faster or slower, 0 to 1.
    pub(super) spread: f64,
    /// How large parts are, in bytes, give or take 2 %: no two take quite the same time.
    pub(super) part: f64,
}

/// What a run came to, second by second.
pub(super) struct Run {
    /// The share of the link that was used, 0 to 1.
    shares: Vec<f64>,
    /// The number of parts in flight at the end.
    pub(super) limits: Vec<usize>,
}

/// A connection that sends one part after the other, and is idle for a round trip in between.
#[derive(Clone, Copy, Debug)]
struct Connection {
    /// How fast it is, beside the others.
    weight: f64,
    /// How large its part is, what the controller knows it by, and how much is left of it.
    part: f64,
    known: Sent,
    left: f64,
    /// Until it is made, or the answer is here.
    wait: Duration,
    /// What it may have on the way, and how much of that is left until the round trip is over.
    window: f64,
    room: f64,
    round: Duration,
}

impl Run {
    /// The share of the link that was used between two seconds.
    pub(super) fn share(&self, seconds: std::ops::Range<usize>) -> f64 {
        let shares = &self.shares[seconds];
        shares.iter().sum::<f64>() / shares.len() as f64
    }
}

impl Connection {
    fn new(link: &Link, weight: f64, part: f64, known: Sent) -> Self {
        // A window that is over within a step or two makes no difference.
        let window = if link.rtt > STEP * 2 { WINDOWS.0 } else { f64::INFINITY };
        Self { weight, part, known, left: part, wait: link.rtt, window, room: window, round: link.rtt }
    }

    fn begin(&mut self, part: f64, known: Sent) {
        (self.part, self.left, self.known) = (part, part, known);
    }

    /// What it would send within one step.
    fn wants(&self, link: &Link) -> f64 {
        match self.wait.is_zero() {
            true => self.left.min(self.room).min(link.per_connection * self.weight * STEP.as_secs_f64()),
            false => 0.0,
        }
    }

    /// Sends so much within one step. `true` where the answer to its part has come.
    fn step(&mut self, link: &Link, sent: f64) -> bool {
        let (was_waiting, was_sending) = (!self.wait.is_zero(), self.left >= 1.0);
        self.wait = self.wait.saturating_sub(STEP);
        self.round = self.round.saturating_sub(STEP);
        self.left -= sent;
        self.room -= sent;
        if self.round.is_zero() {
            if self.room < 1.0 {
                self.window = (self.window * 2.0).min(WINDOWS.1);
            }
            (self.room, self.round) = (self.window, link.rtt);
        }
        if was_sending && self.left < 1.0 {
            self.wait = link.rtt;
        }
        was_waiting && !was_sending && self.wait.is_zero()
    }
}

/// How much each connection may send within a step, by its weight: what the link carries is shared among those that want more.
fn fair_share(link: &Link, connections: &[Connection]) -> f64 {
    let by_weight = |connection: &Connection| (connection.wants(link) / connection.weight, connection.weight);
    let mut wants: Vec<(f64, f64)> = connections.iter().map(by_weight).collect();
    wants.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut left = link.rate * STEP.as_secs_f64();
    let mut weights: f64 = wants.iter().map(|(_, weight)| weight).sum();
    for (want, weight) in wants {
        let share = left / weights;
        if want > share {
            return share;
        }
        (left, weights) = (left - want * weight, weights - weight);
    }
    f64::INFINITY
}

/// Keeps the link busy for so many seconds; `trouble` tells at which second every part in flight is throttled.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part's size")]
pub(super) fn run(link: Link, seconds: u32, trouble: Option<u64>, seed: u64) -> Run {
    let mut controller = Controller::new(8, 64);
    let began = Instant::now();
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut weights = fastrand::Rng::with_seed(seed + 1000);
    let mut part = || link.part * (0.98 + 0.04 * rng.f64());
    let mut connections: Vec<Connection> = Vec::new();
    let mut run = Run { shares: Vec::new(), limits: Vec::new() };
    let mut trouble = trouble.map(Duration::from_secs);
    let mut moved = 0.0;
    for step in 1..=seconds * 200 {
        let elapsed = STEP * step;
        let now = began + elapsed;
        while connections.len() < controller.limit() {
            let weight = 1.0 + link.spread * (2.0 * weights.f64() - 1.0);
            connections.push(Connection::new(&link, weight, part(), controller.sent(now)));
        }
        let most = fair_share(&link, &connections);
        let mut in_flight = connections.len();
        connections.retain_mut(|connection| {
            let sent = connection.wants(&link).min(most * connection.weight);
            moved += sent;
            if connection.step(&link, sent) {
                controller.acknowledged(now, connection.known, connection.part as u64, true);
                if in_flight > controller.limit() {
                    in_flight -= 1;
                    return false;
                }
                connection.begin(part(), controller.sent(now));
            }
            true
        });
        if trouble.is_some_and(|at| elapsed >= at) {
            trouble = None;
            connections.drain(..).for_each(|connection| controller.troubled(now, connection.known));
        }
        if step % 200 == 0 {
            run.shares.push(std::mem::take(&mut moved) / link.rate);
            run.limits.push(controller.limit());
        }
    }
    run
}
