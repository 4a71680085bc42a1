//! Answers that were put down beforehand.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use crate::Operation;

/// An answer in place of the one the sandbox would find.
#[derive(Debug)]
pub(crate) struct CannedAnswer {
    pub(crate) operation: Operation,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Those that wait for their requests.
#[derive(Debug, Default)]
pub(crate) struct CannedAnswers(Mutex<VecDeque<CannedAnswer>>);

impl CannedAnswers {
    pub(crate) fn add(&self, answer: CannedAnswer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
    }

    /// The answer for the next request of this kind.
    pub(crate) fn take(&self, operation: Operation) -> Option<CannedAnswer> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = answers.iter().position(|answer| answer.operation == operation)?;
        answers.remove(place)
    }
}
