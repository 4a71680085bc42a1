use std::time::{Duration, Instant};

/// An epoch lasts at least this long: shorter ones measure how acknowledgements happen to fall.
const SHORTEST: Duration = Duration::from_millis(200);
/// The first epoch lasts at least this long: connections are made in it and hardly anything is acknowledged yet, and what that
/// takes from its goodput would make doubling look good.
const SHORTEST_AT_FIRST: Duration = Duration::from_millis(500);
/// An epoch that has lasted this long ends with what it has.
const LONGEST: Duration = Duration::from_secs(4);
/// What doubling must bring to be worth doubling again.
const WORTH_DOUBLING: f64 = 1.15;
/// What a small step up must bring to be kept. Some of it is flattery: the first parts that are over at a new number are the
/// faster ones.
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
/// bytes, since bytes handed to a socket may only fill buffers. Time is cut into epochs of about as many
/// acknowledgements as parts are in flight; the goodput of each is compared with that of the one before. It is what a place brings, by
/// how long parts held theirs, times the number of places: where acknowledgements come in bursts, as those of parts that began
/// together do, their number within a given time says little. A part counts only where it began at the number of now.
///
/// - *growing*: the number doubles for as long as doubling brings clearly more;
/// - *settled*: now and then it probes a step up, and keeps it where goodput grows, or a step down, and keeps that where
///   goodput stays, but never below the number it began with: fewer save next to nothing;
/// - trouble (a throttled, failed or broken request) halves it at once; what was in flight with it does not halve it again.
///
/// Epochs in which nobody waited for a place say nothing about the number, and change nothing.
#[derive(Clone, Debug)]
pub struct Controller {
    limit: usize,
    /// Only trouble leads to fewer.
    least: usize,
    most: usize,
    phase: Phase,
    /// The goodput the present number is known for, in bytes a second.
    known: Option<f64>,
    epoch: Option<Epoch>,
    /// Since when the number is what it is.
    since: Option<Instant>,
    /// When trouble last halved the number.
    cut: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Growing { from: usize },
    Settled { quiet: u32, next_up: bool },
    Probing { from: usize },
}

#[derive(Clone, Copy, Debug)]
struct Epoch {
    began: Instant,
    bytes: u64,
    /// How long the parts that brought them took, together.
    taken: Duration,
    acks: usize,
    /// Of these, how many found somebody waiting for a place.
    pressed: usize,
}

impl Controller {
    /// A controller that starts at `start` and never goes beyond `most`; both at least 1.
    #[must_use]
    pub fn new(start: usize, most: usize) -> Self {
        let most = most.max(1);
        let limit = start.clamp(1, most);
        Self {
            limit,
            least: limit,
            most,
            phase: Phase::Growing { from: limit },
            known: None,
            epoch: None,
            since: None,
            cut: None,
        }
    }

    /// How many parts may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes a second that the storage acknowledged when parts last waited for their places; `None` before the first epoch is over, and
    /// for a while behind trouble.
    #[must_use]
    pub fn goodput(&self) -> Option<f64> {
        self.known
    }

    /// A part is on its way. Only the first after a pause says anything new: the clock starts.
    pub fn sent(&mut self, now: Instant) {
        self.epoch.get_or_insert_with(|| Epoch::starting(now));
    }

    /// A part of so many bytes that began at `began` was acknowledged; `pressed` tells whether another waited for its place.
    pub fn acknowledged(&mut self, now: Instant, began: Instant, bytes: u64, pressed: bool) {
        if self.since.is_some_and(|since| began < since) {
            return;
        }
        let epoch = self.epoch.get_or_insert_with(|| Epoch::starting(now));
        epoch.bytes += bytes;
        epoch.taken += now.saturating_duration_since(began);
        epoch.acks += 1;
        epoch.pressed += usize::from(pressed);
        let lasted = now.saturating_duration_since(epoch.began);
        let is_first = self.known.is_none() && matches!(self.phase, Phase::Growing { .. });
        let shortest = if is_first { SHORTEST_AT_FIRST } else { SHORTEST };
        let enough = if lasted >= LONGEST { self.limit.div_ceil(2) } else { self.limit };
        if lasted < shortest || epoch.acks < enough {
            return;
        }
        let ended = std::mem::replace(epoch, Epoch::starting(now));
        let limit = self.limit;
        if let Some(each) = ended.goodput_of_a_place() {
            #[allow(clippy::cast_precision_loss, reason = "goodput is compared in per cents")]
            self.judge(each * limit as f64);
        }
        if limit != self.limit {
            self.since = Some(now);
        }
    }

    /// A request that began at `began` was throttled, failed on the server, or its connection broke.
    pub fn troubled(&mut self, now: Instant, began: Instant) {
        // Those that were in flight together tend to fail together: that is one trouble, and has had its answer.
        if self.cut.is_some_and(|cut| began <= cut) {
            return;
        }
        (self.cut, self.since) = (Some(now), Some(now));
        self.limit = (self.limit / 2).max(1);
        self.climb(None);
        self.epoch = Some(Epoch::starting(now));
    }

    fn judge(&mut self, goodput: f64) {
        let gain = self.known.map(|known| goodput / known);
        match (self.phase, gain) {
            // The first measure of all: nothing to compare it with yet.
            (Phase::Growing { .. }, None) => self.double(goodput),
            (Phase::Growing { .. }, Some(gain)) if gain >= WORTH_DOUBLING => self.double(goodput),
            (Phase::Growing { from }, Some(_)) => {
                // Doubling brought little. Where in between it did, small steps find out. What the old number brings is measured
                // anew: while it grew, connections were new, and those that were not had the link to themselves.
                self.limit = from;
                self.settle(None, true);
            }
            (Phase::Probing { from }, Some(gain)) => {
                let went_up = self.limit > from;
                let keeps = gain >= if went_up { WORTH_KEEPING } else { WORTH_SAVING };
                if !keeps {
                    self.limit = from;
                }
                // A step down that costs a little is measured against what there was before it, or many would add up.
                match (keeps, went_up) {
                    (true, true) => self.climb(Some(goodput)),
                    // What has just failed is tried the other way round next.
                    _ => self.settle(self.known, keeps == went_up),
                }
            }
            (Phase::Settled { quiet, next_up }, _) => {
                let weight = if gain.is_some_and(|gain| gain < 1.0) { FORGETTING } else { 0.5 };
                self.known = Some(self.known.map_or(goodput, |known| known + (goodput - known) * weight));
                match quiet {
                    REST.. => self.probe(next_up),
                    _ => self.phase = Phase::Settled { quiet: quiet + 1, next_up },
                }
            }
            (Phase::Probing { .. }, None) => self.settle(Some(goodput), true),
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
        self.limit = if up { (from + step).min(self.most) } else { (from - step).max(self.least.min(from)) };
        match self.limit == from {
            true => self.settle(self.known, !up),
            false => self.phase = Phase::Probing { from },
        }
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

impl Epoch {
    fn starting(now: Instant) -> Self {
        Self { began: now, bytes: 0, taken: Duration::ZERO, acks: 0, pressed: 0 }
    }

    /// Bytes a second; `None` where places were free, so that it says nothing about the next one.
    #[allow(clippy::cast_precision_loss, reason = "goodput is compared in per cents")]
    fn goodput_of_a_place(&self) -> Option<f64> {
        (self.pressed * 2 >= self.acks && !self.taken.is_zero())
            .then(|| self.bytes as f64 / self.taken.as_secs_f64())
    }
}
