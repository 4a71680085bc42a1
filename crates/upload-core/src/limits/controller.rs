use std::time::{Duration, Instant};

use super::epoch::Epoch;

/// Parts that begin within this of the first one of an epoch belong to it: shorter ones measure how acknowledgements happen to fall.
const SHORTEST: Duration = Duration::from_millis(200);
/// The first epoch lasts at least this long: connections are made in it and hardly anything is acknowledged yet, and what that
/// takes from its goodput would make doubling look good.
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
/// its goodput is compared with that of the one before. It is what a place brings, by
/// how long parts held theirs, times the number of places: where acknowledgements come in bursts, as those of parts that began
/// together do, their number within a given time says little.
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
    /// Only trouble leads to fewer.
    least: usize,
    most: usize,
    phase: Phase,
    /// The goodput the present number is known for, in bytes a second.
    known: Option<f64>,
    /// The goodput of the last epoch.
    last: Option<f64>,
    epoch: Option<Epoch>,
    /// When trouble last halved the number.
    cut: Option<Instant>,
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
        Self { limit, least: limit, most, phase, known: None, last: None, epoch: None, cut: None }
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
    pub fn sent(&mut self, now: Instant) {
        let (limit, shortest) = (self.limit, self.shortest());
        self.epoch.get_or_insert_with(|| Epoch::starting(now)).sent(now, limit, shortest);
    }

    /// A part of so many bytes that began at `began` was acknowledged; `pressed` tells whether another waited for its place.
    pub fn acknowledged(&mut self, now: Instant, began: Instant, bytes: u64, pressed: bool) {
        let Some(epoch) = &mut self.epoch else { return };
        epoch.acknowledged(now, began, bytes, pressed);
        if !epoch.is_over(now) {
            return;
        }
        let goodput = epoch.goodput_of_a_place();
        self.epoch = Some(Epoch::starting(now));
        match goodput {
            #[allow(clippy::cast_precision_loss, reason = "goodput is compared in per cents")]
            Some(each) => self.judge(each * self.limit as f64),
            None => self.put_off(),
        }
    }

    /// A request that began at `began` was throttled, failed on the server, or its connection broke.
    pub fn troubled(&mut self, now: Instant, began: Instant) {
        // Those that were in flight together tend to fail together: that is one trouble, and has had its answer.
        if self.cut.is_some_and(|cut| began <= cut) {
            return;
        }
        self.cut = Some(now);
        self.limit = (self.limit / 2).max(1);
        self.climb(None);
        self.epoch = Some(Epoch::starting(now));
    }

    fn shortest(&self) -> Duration {
        match self.last {
            None => SHORTEST_AT_FIRST,
            Some(_) => SHORTEST,
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
        match self.phase {
            Phase::Growing { from } => (self.limit, self.known) = (from, None),
            Phase::Probing { from } => {
                self.limit = from;
                self.settle(self.known, true);
            }
            Phase::Settled { .. } => {}
        }
    }

    fn double(&mut self, goodput: f64) {
        let from = self.limit;
        self.known = Some(goodput);
        self.limit = from.saturating_mul(2).min(self.most);
        match self.limit > from {
            true => self.phase = Phase::Growing { from },
            false => self.settle(Some(goodput), false),
        }
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
