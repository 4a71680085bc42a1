use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use upload_proto::PartNumber;

use super::{FaultAction, FaultRule};
use crate::Operation;

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    rules: Mutex<Rules>,
}

#[derive(Debug, Default)]
struct Rules {
    armed: Vec<Armed>,
    /// How many rules there ever were, so that a rule's number stays its own.
    ever: u64,
}

#[derive(Debug)]
struct Armed {
    rule: FaultRule,
    number: u64,
    /// How many requests fitted it so far, for each part.
    fitted: HashMap<Option<PartNumber>, u64>,
}

impl Faults {
    pub(crate) fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        let faults = Self { seed, rules: Mutex::default() };
        rules.into_iter().for_each(|rule| faults.add(rule));
        faults
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, rule: FaultRule) {
        let mut rules = self.lock();
        let number = rules.ever;
        rules.ever += 1;
        rules.armed.push(Armed { rule, number, fitted: HashMap::new() });
    }

    pub(crate) fn clear(&self) {
        self.lock().armed.clear();
    }

    /// What shall happen to this request, counting it against the rule that says so.
    pub(crate) fn strike(&self, operation: Operation, part: Option<PartNumber>) -> Option<FaultAction> {
        let mut rules = self.lock();
        let hit = rules.armed.iter_mut().find_map(|armed| armed.hits(self.seed, operation, part))?;
        hit.times = hit.times.map(|left| left - 1);
        Some(hit.action.clone())
    }
}

impl Armed {
    fn hits(&mut self, seed: u64, operation: Operation, part: Option<PartNumber>) -> Option<&mut FaultRule> {
        let rule = &mut self.rule;
        if rule.operation != operation || (rule.part.is_some() && rule.part != part) || rule.times == Some(0)
        {
            return None;
        }
        let before = self.fitted.entry(part).or_default();
        let drawn = drawn(seed, self.number, part, *before);
        *before += 1;
        rule.probability.happens(drawn).then_some(rule)
    }
}

/// A number from 0 to 999,999 for the n-th request that fits a rule at a part. Parts arrive in any order; were the
/// numbers drawn one after another, a seed would not bring the same faults back.
fn drawn(seed: u64, rule: u64, part: Option<PartNumber>, nth: u64) -> u32 {
    let part = part.map_or(0, |part| u64::from(part.get()));
    let mut rng = fastrand::Rng::with_seed(seed);
    for word in [rule, part, nth] {
        rng = fastrand::Rng::with_seed(rng.u64(..) ^ word);
    }
    rng.u32(..1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Probability;

    fn part(number: u64) -> Option<PartNumber> {
        Some(number.try_into().unwrap())
    }

    #[test]
    fn a_rule_hits_its_operation_and_part_as_often_as_it_says() {
        let two = part(2).unwrap();
        let rule = FaultRule::always(Operation::PutPart, FaultAction::Status(503)).times(2).part(two);
        let faults = Faults::new(0, vec![rule]);
        assert_eq!(faults.strike(Operation::PutPart, part(1)), None);
        assert_eq!(faults.strike(Operation::COMPLETE, None), None);
        for _ in 0..2 {
            assert_eq!(faults.strike(Operation::PutPart, part(2)), Some(FaultAction::Status(503)));
        }
        assert_eq!(faults.strike(Operation::PutPart, part(2)), None);
        faults.add(FaultRule::always(Operation::PutPart, FaultAction::LoseAnswer));
        assert_eq!(faults.strike(Operation::PutPart, part(2)), Some(FaultAction::LoseAnswer));
        faults.clear();
        assert_eq!(faults.strike(Operation::PutPart, part(2)), None);
    }

    /// For each part, whether its first, second and third PUT is hit.
    fn pattern(seed: u64, order: impl Iterator<Item = u64>) -> Vec<(u64, [bool; 3])> {
        let half = Probability::per_million(500_000);
        let rule = FaultRule::always(Operation::PutPart, FaultAction::LoseAnswer).probability(half);
        let faults = Faults::new(seed, vec![rule]);
        let mut hits: Vec<_> = order
            .map(|n| (n, [(); 3].map(|()| faults.strike(Operation::PutPart, part(n)).is_some())))
            .collect();
        hits.sort_unstable();
        hits
    }

    #[test]
    fn a_seed_brings_the_same_faults_back_in_whatever_order_the_parts_arrive() {
        assert_eq!(pattern(7, 1..=200), pattern(7, (1..=200).rev()));
        assert_ne!(pattern(7, 1..=200), pattern(8, 1..=200));
        let hits = pattern(7, 1..=200).iter().flat_map(|(_, hits)| *hits).filter(|hit| *hit).count();
        assert!((240..=360).contains(&hits), "{hits} of 600 at one half");
    }

    #[test]
    fn what_does_not_come_up_by_its_probability_leaves_the_request_to_the_next_rule_and_is_not_used_up() {
        let seldom = Probability::per_million(1);
        let first =
            FaultRule::always(Operation::COMPLETE, FaultAction::Status(500)).probability(seldom).times(1);
        let faults =
            Faults::new(1, vec![first, FaultRule::always(Operation::COMPLETE, FaultAction::LoseAnswer)]);
        for _ in 0..50 {
            assert_eq!(faults.strike(Operation::COMPLETE, None), Some(FaultAction::LoseAnswer));
        }
        assert_eq!(faults.lock().armed[0].rule.times, Some(1));
    }
}
