use std::time::{Duration, Instant};

use super::epoch::Epoch;

/// Parts that begin within this of the first one of an epoch belong to it: shorter epochs measure how acknowledgements happen to fall.
const SHORTEST: Duration = Duration::from_millis(200);
/// Where nothing is known yet, they do within this: connections are made and hardly anything is acknowledged, and what that
/// takes from the goodput would make doubling look good.
const SHORTEST_AT_FIRST: Duration = Duration::from_millis(500);
/// What doubling must bring to be worth doubling again.
const WORTH_DOUBLING: f64 = 1.15;
/// What a small step up must bring to be kept.
const WORTH_KEEPING: f64 = 1.05;
/// What a step down may cost to be kept: fewer connections for the same goodput are kinder to everyone.
const WORTH_SAVING: f64 = 0.99;
/// How fast a goodput that is no longer reached is forgotten, in parts of the difference an epoch: a link that got worse is
/// believed after about ten epochs, a bad moment is not.
const FORGETTING: f64 = 0.1;
/// How many quiet epochs lie between two probes; none where a step up has just paid, or trouble halved the number: there may be more
/// to gain.
const REST: u32 = 3;

/// Finds how many parts in flight serve best, from what the storage acknowledges.
///
/// Sans-I/O and deterministic: it is told what happened and when, and answers a number. It measures **acknowledged**
/// bytes, since bytes handed to a socket may only fill buffers. An epoch is of about as many parts as are in flight, and
/// its goodput is compared with that of the one before. It is what a place brings, by how long parts held theirs, times the
/// number of places: where acknowledgements come in bursts, as those of parts that began together do, their number within a
/// given time says little.
///
/// - *growing*: the number doubles for as long as doubling brings clearly more;
/// - *settled*: now and then it probes a step up, and keeps it where goodput grows, or a step down, and keeps that where
///   goodput stays, but never below the number it began with: fewer save next to nothing;
/// - trouble (a throttled, failed or broken request) halves it at once; what was in flight with it does not halve it again.
///
/// An epoch in which places were free says nothing about the number: one that was being tried is tried another time.
#[derive(Clone, Debug)]
pub struct Controller {
    limit: usize,
    /// Only trouble leads to fewer; this is lowered where it strikes again on the way back.
    least: usize,
    most: usize,
    phase: Phase,
    /// The goodput the present number is known for, in bytes a second.
    known: Option<f64>,
    /// The goodput of the last epoch.
    last: Option<f64>,
    epoch: Epoch,
    /// How many epochs were before it.
    epochs: u64,
    /// When trouble last halved the number.
    cut: Option<Instant>,
}

/// What a [`Controller`] knows a part by. It is to be told of each what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    at: Instant,
    /// Which epoch it belongs to.
    epoch: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Growing { from: usize },
    Settled { quiet: u32, next_up: bool },
    Probing { from: usize },
}

impl Controller {
    /// A controller that starts at `start` and never goes beyond `most`; both at least 1.
    #[must_use]
    pub fn new(start: usize, most: usize) -> Self {
        let most = most.max(1);
        let limit = start.clamp(1, most);
        let phase = Phase::Growing { from: limit };
        Self {
            limit,
            least: limit,
            most,
            phase,
            known: None,
            last: None,
            epoch: Epoch::default(),
            epochs: 0,
            cut: None,
        }
    }

    /// How many parts may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes a second that the storage acknowledged when parts last waited for their places; `None` before the first epoch is over.
    #[must_use]
    pub fn goodput(&self) -> Option<f64> {
        self.last
    }

    /// A part is on its way.
    #[must_use]
    pub fn sent(&mut self, now: Instant) -> Sent {
        let shortest = if self.known.is_none() { SHORTEST_AT_FIRST } else { SHORTEST };
        let is_of_this = self.epoch.sent(now, self.limit, shortest);
        Sent { at: now, epoch: is_of_this.then_some(self.epochs) }
    }

    /// A part of so many bytes was acknowledged; `pressed` tells whether another waited for its place.
    pub fn acknowledged(&mut self, now: Instant, part: Sent, bytes: u64, pressed: bool) {
        if part.epoch == Some(self.epochs) {
            self.epoch.acknowledged(now.saturating_duration_since(part.at), bytes, pressed);
            self.look(now);
        }
    }

    /// A part came to nothing, for a reason that says nothing about their number.
    pub fn lost(&mut self, now: Instant, part: Sent) {
        if part.epoch == Some(self.epochs) {
            self.epoch.lost();
            self.look(now);
        }
    }

    /// A part was throttled, failed on the server, or its connection broke.
    pub fn troubled(&mut self, now: Instant, part: Sent) {
        // Those that were in flight together tend to fail together: that is one trouble, and has had its answer.
        if self.cut.is_some_and(|cut| part.at <= cut) {
            return self.lost(now, part);
        }
        // Back at the start there is trouble again: from now on, small steps.
        if let Phase::Probing { from } = self.phase {
            self.least = self.least.min(from);
        }
        self.cut = Some(now);
        self.limit = (self.limit / 2).max(1);
        self.climb(None);
        self.begin_epoch();
    }

    fn begin_epoch(&mut self) {
        self.epoch = Epoch::default();
        self.epochs += 1;
    }

    /// Judges the epoch, where it is over.
    fn look(&mut self, now: Instant) {
        if !self.epoch.is_over(now) {
            return;
        }
        let goodput = self.epoch.goodput(self.limit);
        self.begin_epoch();
        match goodput {
            Some(goodput) => self.judge(goodput),
            None => self.put_off(),
        }
    }

    fn judge(&mut self, goodput: f64) {
        self.last = Some(goodput);
        let gain = self.known.map_or(f64::INFINITY, |known| goodput / known);
        match self.phase {
            Phase::Growing { .. } if gain >= WORTH_DOUBLING => self.double(goodput),
            Phase::Growing { from } => {
                // Doubling brought little. Where in between it did, small steps find out. What the old number brings is measured
                // anew: while it grew, connections were new, and those that were not had the link to themselves.
                self.limit = from;
                self.settle(None, true);
            }
            Phase::Probing { from } => {
                let went_up = self.limit > from;
                let keeps = gain >= if went_up { WORTH_KEEPING } else { WORTH_SAVING };
                if !keeps {
                    self.limit = from;
                }
                match (keeps, went_up) {
                    (true, true) => self.climb(Some(goodput)),
                    // What has just failed is tried the other way round next. A step down that costs a little is measured against
                    // what there was before it, or many would add up.
                    _ => self.settle(self.known, keeps == went_up),
                }
            }
            Phase::Settled { quiet, next_up } => {
                let weight = if gain < 1.0 { FORGETTING } else { 0.5 };
                self.known = Some(self.known.map_or(goodput, |known| known + (goodput - known) * weight));
                match quiet {
                    REST.. => self.probe(next_up),
                    _ => self.phase = Phase::Settled { quiet: quiet + 1, next_up },
                }
            }
        }
    }

    /// Nothing was to be learned of the present number.
    fn put_off(&mut self) {
        if let Phase::Growing { from } | Phase::Probing { from } = self.phase
            && from != self.limit
        {
            self.limit = from;
            self.settle(self.known, true);
        }
    }

    fn double(&mut self, goodput: f64) {
        let from = self.limit;
        self.known = Some(goodput);
        self.limit = from.saturating_mul(2).min(self.most);
        self.phase = match self.limit > from {
            true => Phase::Growing { from },
            false => Phase::Settled { quiet: 0, next_up: false },
        };
    }

    fn probe(&mut self, up: bool) {
        let from = self.limit;
        let step = (from / 4).max(1);
        let up = (up && from < self.most) || from <= self.least;
        self.limit = match up {
            // What trouble took below the start is won back in fewer steps.
            true if from < self.least => (from * 2).min(self.least),
            true => (from + step).min(self.most),
            false => (from - step).max(self.least),
        };
        self.phase = match self.limit == from {
            true => Phase::Settled { quiet: 0, next_up: true },
            false => Phase::Probing { from },
        };
    }

    fn settle(&mut self, known: Option<f64>, next_up: bool) {
        self.known = known;
        self.phase = Phase::Settled { quiet: 0, next_up };
    }

    fn climb(&mut self, known: Option<f64>) {
        self.known = known;
        self.phase = Phase::Settled { quiet: REST, next_up: true };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Each second sends as many parts as may be in flight, and has them acknowledged at its end.
    fn go_on(controller: &mut Controller, now: &mut Instant, seconds: u32) {
        for _ in 0..seconds {
            let parts: Vec<Sent> = (0..controller.limit()).map(|_| controller.sent(*now)).collect();
            *now += SECOND;
            parts.into_iter().for_each(|part| controller.acknowledged(*now, part, 8 << 20, true));
        }
    }

    #[test]
    fn an_epoch_of_which_all_parts_are_lost_does_not_hold_up_the_next() {
        let (mut controller, mut now) = (Controller::new(8, 64), Instant::now());
        go_on(&mut controller, &mut now, 2);
        assert_eq!(controller.limit(), 16);
        // A file that is given up, or connections that are refused, far more of them than places.
        for _ in 0..200 {
            let part = controller.sent(now);
            controller.lost(now + SECOND, part);
        }
        now += SECOND * 2;
        go_on(&mut controller, &mut now, 40);
        assert!(controller.limit() > 16, "{controller:?}");
    }

    #[test]
    fn trouble_at_the_start_again_and_again_leads_to_small_steps() {
        let (mut controller, mut now) = (Controller::new(8, 64), Instant::now());
        let mut limits = Vec::new();
        for _ in 0..30 {
            let parts: Vec<Sent> = (0..controller.limit()).map(|_| controller.sent(now)).collect();
            now += SECOND;
            for (number, part) in parts.into_iter().enumerate() {
                match number {
                    ..6 => controller.acknowledged(now, part, 8 << 20, true),
                    _ => controller.troubled(now, part),
                }
            }
            limits.push(controller.limit());
        }
        let troubles = limits.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!(troubles <= 6, "{limits:?}");
    }
}
