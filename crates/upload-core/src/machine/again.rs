use super::{Failure, Outcome, Remains, Step};
use crate::TransportErrorKind as Kind;

impl Outcome {
    /// Why an upload that has just failed is worth beginning anew, once: what it needed on the platform is gone, the file
    /// is not to blame, and nothing unclear is left behind. What [`Remains::Kept`] is to be aborted first.
    #[must_use]
    pub fn worth_another(&self) -> Option<&'static str> {
        let Self::Failed { failure: Failure::Request { step, error, .. }, remains } = self else {
            return None;
        };
        let (is_part, is_complete) = (matches!(step, Step::Part { .. }), *step == Step::Complete);
        let clear = matches!(remains, Remains::Aborted { .. } | Remains::Gone { .. } | Remains::Kept(_));
        match error.kind {
            _ if !clear => None,
            Kind::NotFound if is_part || is_complete => Some("the platform no longer knows the upload"),
            Kind::Expired if is_part => Some("the URLs of the upload are over"),
            _ => None,
        }
    }
}
