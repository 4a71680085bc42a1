//! The text form of a rule: `OPERATION[:PART][#COUNT][@PROBABILITY]=ACTION[:VALUE][,KEY[:VALUE]…]`.

mod arguments;
mod print;
mod read;
mod size;

/// What is wrong with a fault's text form, or with a rule made by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{piece}': {why}")]
pub struct FaultSpecError {
    piece: String,
    why: String,
}

impl FaultSpecError {
    pub(super) fn new(piece: String, why: &str) -> Self {
        Self { piece, why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests;
