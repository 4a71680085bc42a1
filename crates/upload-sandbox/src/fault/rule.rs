use upload_proto::PartNumber;

use super::{FaultAction, FaultSpecError, Probability, fit};
use crate::{Backend, Operation, S3Route};

/// One way of misbehaving: at which request, how often, and what.
///
/// The first rule that fits a request, is not used up and comes up by its probability decides it. A request the
/// sandbox refuses of its own accord (credentials, headers, expiry) meets no rule, so that faults hide no mistake.
///
/// A rule has a text form, `OPERATION[:PART][#COUNT][@PROBABILITY]=ACTION`, which `docs/sandbox.md` describes:
///
/// ```
/// use upload_sandbox::{FaultAction, FaultRule, Operation};
///
/// let rule: FaultRule = "part#2=status:503".parse()?;
/// assert_eq!(rule, FaultRule::always(Operation::PutPart, FaultAction::Status(503)).times(2));
/// assert_eq!(rule.to_string(), "part#2=status:503");
/// # Ok::<_, upload_sandbox::FaultSpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultRule {
    /// At which operation.
    pub operation: Operation,
    /// At this part only; `None` means any (and any request without a part number).
    pub part: Option<PartNumber>,
    /// How many requests it hits before it is used up; `None` means all.
    pub times: Option<u32>,
    /// How likely it hits a request that fits.
    pub probability: Probability,
    /// What happens.
    pub action: FaultAction,
}

impl FaultRule {
    /// A rule that hits every request of an operation.
    #[must_use]
    pub const fn always(operation: Operation, action: FaultAction) -> Self {
        Self { operation, part: None, times: None, probability: Probability::ALWAYS, action }
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

    /// The same rule, hitting only now and then.
    #[must_use]
    pub const fn probability(mut self, probability: Probability) -> Self {
        self.probability = probability;
        self
    }

    /// Whether the action can happen at the operation at all. A rule read from text has been checked.
    ///
    /// # Errors
    /// When it cannot, with the reason.
    pub fn check(&self) -> Result<(), FaultSpecError> {
        fit::check(self)
    }

    /// The same, and whether a sandbox with such a storage sees the requests it is about.
    pub(crate) fn check_for(&self, backend: &Backend) -> Result<(), FaultSpecError> {
        self.check()?;
        let why = match (self.operation, backend) {
            (Operation::Api(_), _) | (_, Backend::BuiltIn) => return Ok(()),
            (_, Backend::Null(_)) => {
                "the null storage only measures and always behaves: use the built-in one"
            }
            (_, Backend::S3(store)) if store.route == S3Route::Direct => {
                "the sandbox does not see these requests, they go straight to the S3: have it relay them"
            }
            (_, Backend::S3(_)) => return Ok(()),
        };
        Err(FaultSpecError::new(self.to_string(), why))
    }
}
