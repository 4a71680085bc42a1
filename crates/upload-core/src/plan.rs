use serde::{Deserialize, Serialize};
use upload_proto::{
    PartNumber, PresignedParts, PresignedUrl,
    s3_limits::{MAX_OBJECT_SIZE, MAX_PART_SIZE, MAX_PARTS, MIB, MIN_PART_SIZE},
};

use crate::ByteRange;

/// The part size asked for where nobody chose one, in bytes. Small parts tell early how fast a link is and cost little
/// when one is sent again.
pub const DEFAULT_PART_SIZE: u64 = 8 * MIB;

/// From so many parts on they grow instead, up to [`LARGER_PART_SIZE`]: a URL, a call and a line of the journal for each add up, and
/// a thousandth of a file is still little to send again.
const MANY_PARTS: u64 = 1000;
/// What parts grow to, in bytes, before S3's 10,000 make them grow further.
const LARGER_PART_SIZE: u64 = 16 * MIB;

/// How long a part should be on its way at most, in seconds, when eight share the link.
const PATIENCE: f64 = 60.0;
const IN_FLIGHT: f64 = 8.0;

/// How a file is cut into parts: every part has `part_size` bytes but the last, which has the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawPlan")]
pub struct Plan {
    file_size: u64,
    part_size: u64,
}

/// Why a file cannot be cut into parts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There are no bytes to upload.
    #[error("the file is empty")]
    EmptyFile,
    /// More bytes than S3 stores in one object by this way.
    #[error("the file has {size} bytes, S3 stores at most {limit} this way")]
    TooLarge {
        /// The file in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A part size outside S3's limits was chosen.
    #[error("a part size of {0} bytes is outside S3's limits, {MIN_PART_SIZE} to {MAX_PART_SIZE} bytes")]
    PartSize(u64),
    /// The server's list of URLs cannot be used.
    #[error("the server's list of presigned URLs cannot be used: {0}")]
    Urls(String),
    /// The server handed out too few URLs for a file of this size.
    #[error(
        "the server handed out {urls} presigned URL(s); {file_size} bytes would need parts above S3's {MAX_PART_SIZE} bytes"
    )]
    TooFewUrls {
        /// How many URLs there are.
        urls: usize,
        /// The file in bytes.
        file_size: u64,
    },
    /// A stored plan contradicts itself.
    #[error("the stored plan does not fit its own file size or S3's limits")]
    Inconsistent,
}

impl Plan {
    /// Cuts a file of `file_size` bytes into parts of `part_size` bytes, or else of [`DEFAULT_PART_SIZE`], or of up to twice that where
    /// it would be more than a thousand. Either grows as far as needed to stay within 10,000 parts.
    ///
    /// # Errors
    /// For an empty file, a file beyond S3's limits, or a chosen part size outside S3's limits.
    pub fn propose(file_size: u64, part_size: Option<u64>) -> Result<Self, PlanError> {
        if file_size == 0 {
            return Err(PlanError::EmptyFile);
        }
        if file_size > MAX_OBJECT_SIZE {
            return Err(PlanError::TooLarge { size: file_size, limit: MAX_OBJECT_SIZE });
        }
        if let Some(chosen) = part_size
            && !(MIN_PART_SIZE..=MAX_PART_SIZE).contains(&chosen)
        {
            return Err(PlanError::PartSize(chosen));
        }
        let least = file_size.div_ceil(MAX_PARTS.into()).next_multiple_of(MIB);
        let usual = || {
            let few = file_size.div_ceil(MANY_PARTS).next_multiple_of(MIB);
            few.clamp(DEFAULT_PART_SIZE, LARGER_PART_SIZE)
        };
        let part_size = part_size.unwrap_or_else(usual).max(least).min(MAX_PART_SIZE);
        Ok(Self { file_size, part_size })
    }

    /// The part size to choose where the link carries so many bytes a second: S3's least where eight parts of the default size would be on
    /// their way for more than a minute, so that less has to be sent again after trouble; otherwise none in particular.
    #[must_use]
    pub fn part_size_for_link(bytes_a_second: f64) -> Option<u64> {
        #[allow(clippy::cast_precision_loss, reason = "a few MiB")]
        let too_slow = DEFAULT_PART_SIZE as f64 * IN_FLIGHT > bytes_a_second * PATIENCE;
        too_slow.then_some(MIN_PART_SIZE)
    }

    /// Plans again from what the server answered, and returns the URLs the new plan uses.
    ///
    /// The server's part size stands where it can: it grows when there are too few URLs for it, or when it is below
    /// S3's minimum. Without one, `self` stands under the same conditions. URLs beyond what the plan needs stay
    /// unused; S3 does not mind.
    ///
    /// # Errors
    /// When the list is unusable or no part size within S3's limits fits it.
    pub fn adopt(
        self,
        part_size: Option<u64>,
        parts: PresignedParts,
    ) -> Result<(Self, Vec<PresignedUrl>), PlanError> {
        if let Some(problem) = parts.problem() {
            return Err(PlanError::Urls(problem.to_owned()));
        }
        let urls: Vec<PresignedUrl> = (1..)
            .zip(parts.into_urls())
            .map(|(expected, part)| match part.part_number.get() {
                number if number == expected => Ok(part.url),
                number => Err(PlanError::Urls(format!("part {expected} is missing before part {number}"))),
            })
            .collect::<Result<_, _>>()?;
        let shares = u64::try_from(urls.len()).unwrap_or(u64::MAX);
        if shares == 0 {
            return Err(PlanError::Urls("it is empty".into()));
        }
        let wanted = part_size.unwrap_or(self.part_size).clamp(MIN_PART_SIZE, MAX_PART_SIZE);
        let plan = Self { part_size: wanted.max(self.file_size.div_ceil(shares)), ..self };
        if plan.part_size > MAX_PART_SIZE {
            return Err(PlanError::TooFewUrls { urls: urls.len(), file_size: self.file_size });
        }
        let used = usize::try_from(plan.part_count()).unwrap_or(usize::MAX);
        Ok((plan, urls.into_iter().take(used).collect()))
    }

    /// The whole file in bytes.
    #[must_use]
    pub fn file_size(&self) -> u64 {
        self.file_size
    }

    /// The size of every part but the last, in bytes.
    #[must_use]
    pub fn part_size(&self) -> u64 {
        self.part_size
    }

    /// How many parts there are, 1 to 10,000.
    #[must_use]
    pub fn part_count(&self) -> u32 {
        u32::try_from(self.file_size.div_ceil(self.part_size)).unwrap_or(u32::MAX)
    }

    /// Every part's number, ascending.
    pub fn part_numbers(&self) -> impl Iterator<Item = PartNumber> + use<> {
        (1..=u64::from(self.part_count())).filter_map(|number| number.try_into().ok())
    }

    /// The bytes of one part; empty for a number beyond the last.
    #[must_use]
    pub fn range(&self, part: PartNumber) -> ByteRange {
        let offset = (u64::from(part.get()) - 1).saturating_mul(self.part_size).min(self.file_size);
        ByteRange { offset, len: self.part_size.min(self.file_size - offset) }
    }
}

#[derive(Deserialize)]
struct RawPlan {
    file_size: u64,
    part_size: u64,
}

impl TryFrom<RawPlan> for Plan {
    type Error = PlanError;

    fn try_from(raw: RawPlan) -> Result<Self, PlanError> {
        let RawPlan { file_size, part_size } = raw;
        let fits = file_size > 0
            && (MIN_PART_SIZE..=MAX_PART_SIZE).contains(&part_size)
            && file_size.div_ceil(part_size) <= MAX_PARTS.into();
        if fits { Ok(Self { file_size, part_size }) } else { Err(PlanError::Inconsistent) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use upload_proto::PresignedPart;

    const GIB: u64 = 1024 * MIB;

    fn urls(numbers: impl IntoIterator<Item = u64>) -> PresignedParts {
        let part = |n: u64| PresignedPart {
            part_number: n.try_into().unwrap(),
            url: format!("https://s/{n}").parse().unwrap(),
        };
        PresignedParts::new(numbers.into_iter().map(part).collect())
    }

    fn propose(size: u64) -> Plan {
        Plan::propose(size, None).unwrap()
    }

    #[test]
    fn proposals_keep_to_the_limits() {
        assert_eq!(propose(1).part_count(), 1);
        assert_eq!(propose(8 * MIB).part_count(), 1);
        assert_eq!(propose(8 * MIB + 1).part_count(), 2);
        assert_eq!(propose(1024 * GIB).part_size(), 105 * MIB);
        assert_eq!((propose(7 * GIB).part_size(), propose(10 * GIB).part_size()), (8 * MIB, 11 * MIB));
        assert_eq!((propose(64 * GIB).part_size(), propose(64 * GIB).part_count()), (16 * MIB, 4096));
        assert_eq!(Plan::propose(10 * GIB, Some(8 * MIB)).unwrap().part_size(), 8 * MIB);
        assert_eq!(Plan::propose(0, None), Err(PlanError::EmptyFile));
        assert_eq!(Plan::propose(10, Some(MIB)), Err(PlanError::PartSize(MIB)));
        assert!(matches!(Plan::propose(MAX_OBJECT_SIZE + 1, None), Err(PlanError::TooLarge { .. })));
        assert_eq!(propose(MAX_OBJECT_SIZE).part_count(), MAX_PARTS);
    }

    #[test]
    fn parts_for_a_slow_link_are_as_small_as_can_be() {
        assert_eq!(Plan::part_size_for_link(1e6), Some(MIN_PART_SIZE));
        assert_eq!(Plan::part_size_for_link(0.0), Some(MIN_PART_SIZE));
        assert_eq!(Plan::part_size_for_link(1.2e6), None);
    }

    #[test]
    fn the_servers_part_size_stands() {
        let (plan, used) = propose(100 * MIB).adopt(Some(10 * MIB), urls(1..=10)).unwrap();
        assert_eq!((plan.part_size(), plan.part_count(), used.len()), (10 * MIB, 10, 10));
    }

    #[test]
    fn more_urls_than_needed_stay_unused() {
        let (plan, used) = propose(100 * MIB).adopt(None, urls(1..=50)).unwrap();
        assert_eq!((plan, used.len()), (propose(100 * MIB), 13));
    }

    #[test]
    fn fewer_urls_mean_larger_parts() {
        let (plan, used) = propose(100 * MIB).adopt(None, urls(1..=3)).unwrap();
        assert_eq!((plan.part_count(), used.len()), (3, 3));
        let (plan, _) = propose(100 * MIB).adopt(Some(5 * MIB), urls(1..=1)).unwrap();
        assert_eq!(plan.part_count(), 1);
    }

    #[test]
    fn a_part_size_below_the_minimum_is_raised_to_it() {
        let (plan, _) = propose(12 * MIB).adopt(Some(MIB), urls(1..=12)).unwrap();
        assert_eq!((plan.part_size(), plan.part_count()), (MIN_PART_SIZE, 3));
    }

    #[test]
    fn what_cannot_fit_says_why() {
        let plan = propose(100 * GIB);
        assert!(matches!(plan.adopt(None, urls(1..=19)), Err(PlanError::TooFewUrls { urls: 19, .. })));
        assert!(plan.adopt(None, urls(1..=20)).is_ok());
        let gap = plan.adopt(None, urls([1, 3])).unwrap_err();
        assert!(gap.to_string().contains("part 2 is missing"), "{gap}");
        assert!(matches!(plan.adopt(None, urls([])), Err(PlanError::Urls(_))));
        assert!(matches!(plan.adopt(None, urls([1, 1])), Err(PlanError::Urls(_))));
    }

    #[test]
    fn a_stored_plan_is_checked_when_read() {
        let plan = propose(100 * MIB);
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
        for bad in [r#"{"file_size":0,"part_size":5242880}"#, r#"{"file_size":1,"part_size":0}"#] {
            assert!(serde_json::from_str::<Plan>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_plan_covers_the_file_without_gap_or_overlap(
            size in 1..=MAX_OBJECT_SIZE,
            chosen in proptest::option::of(MIN_PART_SIZE..=MAX_PART_SIZE),
            answered in proptest::option::of(0..=2 * MAX_PART_SIZE),
            count in 1..=MAX_PARTS,
        ) {
            let proposed = Plan::propose(size, chosen).unwrap();
            let adopted = proposed.adopt(answered, urls(1..=count.into())).ok();
            for plan in std::iter::once(proposed).chain(adopted.map(|(plan, _)| plan)) {
                prop_assert!(plan.part_count() >= 1 && plan.part_count() <= MAX_PARTS);
                let mut next = 0;
                for part in plan.part_numbers() {
                    let range = plan.range(part);
                    prop_assert_eq!(range.offset, next);
                    prop_assert!(range.len > 0 && range.len <= MAX_PART_SIZE);
                    next = range.end();
                    prop_assert!(range.len >= MIN_PART_SIZE || next == size);
                }
                prop_assert_eq!(next, size);
            }
        }
    }
}
