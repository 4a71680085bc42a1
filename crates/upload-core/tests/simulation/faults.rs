//! What befalls a request on its way.

use std::time::Duration;

use upload_core::{TransportError, TransportErrorKind as Kind};

use crate::{books::Op, world::State};

/// How a request fares.
pub(crate) struct Fate {
    /// How long it takes to get there.
    pub(crate) there: Duration,
    /// How long each chunk of a body takes.
    pub(crate) pace: Duration,
    /// How long the answer takes.
    pub(crate) back: Duration,
    pub(crate) trouble: Trouble,
    /// Whether the server carries it out all the same when its sender goes away first.
    pub(crate) lands: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// It is not carried out.
    Refused(Kind),
    /// The body breaks off after so many chunks.
    BreaksOff(usize, Kind),
    /// The body's bytes are altered on the way.
    Altered,
    /// It is carried out, and the answer does not say so.
    Lost(Kind),
}

/// After these the client may try again.
const PASSING: [Kind; 5] = [Kind::Connect, Kind::Reset, Kind::Stalled, Kind::Throttled, Kind::Server];
/// After these it does not. A 404 is no matter of chance: the server says it where it is true.
const FINAL: [Kind; 8] = [
    Kind::Tls,
    Kind::BadAnswer,
    Kind::Unauthorized,
    Kind::Forbidden,
    Kind::Unsupported,
    Kind::Rejected,
    Kind::Other,
    Kind::BadAnswer,
];
/// What the storage says beyond that.
const STORAGE: [Kind; 3] = [Kind::StorageDenied, Kind::Expired, Kind::Corrupted];
/// As what the loss of an answer shows.
const LOSS: [Kind; 5] = [Kind::Reset, Kind::Stalled, Kind::BadAnswer, Kind::Other, Kind::Server];

pub(crate) fn draw(op: &Op, state: &mut State) -> Fate {
    let verify = state.verify && state.server.md5;
    let trouble = match state.trouble {
        percent if state.dice.percent(percent) => trouble(op, verify, state),
        _ => Trouble::None,
    };
    let dice = &mut state.dice;
    let slow = trouble != Trouble::None && dice.percent(10);
    Fate {
        there: dice.millis(5, 300),
        pace: if slow { dice.millis(5_000, 60_000) } else { dice.millis(1, 400) },
        back: dice.millis(5, 300),
        trouble,
        lands: dice.percent(50),
    }
}

fn trouble(op: &Op, verify: bool, state: &mut State) -> Trouble {
    let dice = &mut state.dice;
    let is_put = matches!(op, Op::Put(..));
    match dice.between(0, 19) {
        0 => Trouble::Refused(dice.pick(&FINAL)),
        1 if is_put => Trouble::Refused(dice.pick(&STORAGE)),
        2 | 3 if is_put => Trouble::Lost(Kind::MissingETag),
        4 | 5 if is_put && verify => Trouble::Altered,
        6..=9 if is_put => {
            Trouble::BreaksOff(dice.between(1, 8) as usize, dice.pick(&[Kind::Reset, Kind::Stalled]))
        }
        10..=13 => Trouble::Lost(dice.pick(&LOSS)),
        // A fifth of all troubles is a slow body and no more.
        14 => Trouble::None,
        _ => Trouble::Refused(dice.pick(&PASSING)),
    }
}

/// The error, as a transport would make it.
pub(crate) fn error(kind: Kind, state: &mut State) -> TransportError {
    let mut error = TransportError::new(kind, format!("{} (made up)", kind.name()));
    if kind == Kind::Throttled && state.dice.percent(30) {
        error.retry_after = Some(Duration::from_secs(state.dice.between(0, 900)));
    }
    error
}
