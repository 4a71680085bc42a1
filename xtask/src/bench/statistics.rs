//! What is told of several rounds.

/// The middle, and how far the rest lies from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Summary {
    /// Nothing is told of no values.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = sorted[sorted.len() / 2];
        let lower = sorted[(sorted.len() - 1) / 2];
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

/// The median of the ratios within each round: what slows a whole round down falls out of it.
pub(super) fn ratio(values: &[f64], to: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> =
        values.iter().zip(to).filter(|(_, base)| **base > 0.0).map(|(value, base)| value / base).collect();
    Some(Summary::of(&ratios)?.median)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        let summary = |values: &[f64]| Summary::of(values).map(|all| (all.min, all.median, all.max));
        assert_eq!(summary(&[3.0, 1.0, 9.0]), Some((1.0, 3.0, 9.0)));
        assert_eq!(summary(&[4.0, 1.0, 2.0, 3.0]), Some((1.0, 2.5, 4.0)));
        assert_eq!(summary(&[]), None);
    }

    #[test]
    fn a_ratio_is_taken_within_rounds() {
        // The second round was ten times as slow for everyone.
        assert_eq!(ratio(&[1.0, 10.0, 1.1], &[2.0, 20.0, 2.2]), Some(0.5));
        assert_eq!(ratio(&[1.0], &[0.0]), None);
    }
}
