use crate::error::ErrorKind;

/// How the files of a batch ended, as far as the exit status depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::commands) struct Tally {
    completed: u64,
    first_failure: Option<ErrorKind>,
    cancelled: bool,
}

impl Tally {
    pub(in crate::commands) fn completed(&mut self) {
        self.completed += 1;
    }

    pub(in crate::commands) fn failed(&mut self, kind: ErrorKind) {
        match kind {
            ErrorKind::Cancelled => self.cancelled = true,
            kind => self.first_failure = self.first_failure.or(Some(kind)),
        }
    }

    /// Whether nothing has gone wrong so far.
    pub(in crate::commands) fn is_spotless(self) -> bool {
        self.first_failure.is_none() && !self.cancelled
    }

    /// What the batch comes to; `None` when all is well. Where no file made it, the first one's reason stands for
    /// all.
    pub(in crate::commands) fn verdict(self) -> Option<ErrorKind> {
        match self {
            Self { cancelled: true, .. } => Some(ErrorKind::Cancelled),
            Self { completed: 1.., first_failure: Some(_), .. } => Some(ErrorKind::Partial),
            Self { first_failure, .. } => first_failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(completed: u64, failures: &[ErrorKind]) -> Option<ErrorKind> {
        let mut tally = Tally::default();
        (0..completed).for_each(|_| tally.completed());
        failures.iter().for_each(|kind| tally.failed(*kind));
        tally.verdict()
    }

    #[test]
    fn a_batch_is_as_good_as_its_files() {
        assert_eq!(verdict(3, &[]), None);
        assert_eq!(verdict(2, &[ErrorKind::Content]), Some(ErrorKind::Partial));
        assert_eq!(verdict(0, &[ErrorKind::Content, ErrorKind::Content]), Some(ErrorKind::Content));
        assert_eq!(verdict(0, &[ErrorKind::LocalFile, ErrorKind::Usage]), Some(ErrorKind::LocalFile));
        assert_eq!(verdict(2, &[ErrorKind::Content, ErrorKind::Cancelled]), Some(ErrorKind::Cancelled));
    }
}
