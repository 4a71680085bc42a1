//! Misbehaviour on request.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use upload_proto::PartNumber;

use crate::Operation;

/// One way of misbehaving: at which request, how often, and what.
///
/// The first rule that fits a request and is not used up decides it. A request the sandbox refuses of its own
/// accord (credentials, headers, expiry) meets no rule, so that faults hide no mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultRule {
    /// At which operation.
    pub operation: Operation,
    /// At this part only; `None` means any (and any request without a part number).
    pub part: Option<PartNumber>,
    /// How many requests it hits before it is used up; `None` means all.
    pub times: Option<u32>,
    /// What happens.
    pub action: FaultAction,
}

/// What happens instead of the proper answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultAction {
    /// Nothing is done and this status is answered: a platform error body on the API, S3's XML on the storage.
    /// Anything but 400 to 599 answers 500.
    Status(u16),
    /// Nothing is done and this status is answered, with a `Retry-After` in whole seconds.
    StatusRetryAfter(u16, Duration),
    /// The body's first `after` bytes are read, then nothing more: no byte is taken, no answer comes, until the
    /// client gives up or the sandbox stops.
    Stall {
        /// Bytes of the body to take first.
        after: u64,
    },
    /// The body's first `after` bytes are read, then the connection is reset (TCP RST).
    Reset {
        /// Bytes of the body to take first.
        after: u64,
    },
    /// The request is carried out, and the connection is reset instead of answering.
    LoseAnswer,
}

impl FaultRule {
    /// A rule that hits every request of an operation.
    #[must_use]
    pub const fn always(operation: Operation, action: FaultAction) -> Self {
        Self { operation, part: None, times: None, action }
    }

    /// The same rule for so many requests only.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same rule for one part only.
    #[must_use]
    pub const fn part(mut self, part: PartNumber) -> Self {
        self.part = Some(part);
        self
    }
}

impl FaultAction {
    /// The stable name the log uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status(_) | Self::StatusRetryAfter(..) => "status",
            Self::Stall { .. } => "stall",
            Self::Reset { .. } => "reset",
            Self::LoseAnswer => "lose_answer",
        }
    }
}

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults(Mutex<Vec<FaultRule>>);

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self(Mutex::new(rules))
    }

    pub(crate) fn add(&self, rule: FaultRule) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What shall happen to this request, counting it against the rule that says so.
    pub(crate) fn strike(&self, operation: Operation, part: Option<PartNumber>) -> Option<FaultAction> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = rules.iter_mut().find(|rule| {
            rule.operation == operation && (rule.part.is_none() || rule.part == part) && rule.times != Some(0)
        })?;
        rule.times = rule.times.map(|left| left - 1);
        Some(rule.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_hits_its_operation_and_part_as_often_as_it_says() {
        let two: PartNumber = 2.try_into().unwrap();
        let rule = FaultRule::always(Operation::PutPart, FaultAction::Status(503)).times(2).part(two);
        let faults = Faults::new(vec![rule]);
        assert_eq!(faults.strike(Operation::PutPart, Some(PartNumber::FIRST)), None);
        assert_eq!(faults.strike(Operation::COMPLETE, None), None);
        for _ in 0..2 {
            assert_eq!(faults.strike(Operation::PutPart, Some(two)), Some(FaultAction::Status(503)));
        }
        assert_eq!(faults.strike(Operation::PutPart, Some(two)), None);
        faults.add(FaultRule::always(Operation::PutPart, FaultAction::LoseAnswer));
        assert_eq!(faults.strike(Operation::PutPart, Some(two)), Some(FaultAction::LoseAnswer));
        faults.clear();
        assert_eq!(faults.strike(Operation::PutPart, Some(two)), None);
    }
}
