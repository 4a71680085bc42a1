//! What of an upload is written down, and how soon it has to be on the disk.

use super::Record;
use crate::{Event, Outcome, Remains};

/// By when a record has to be on the disk itself, where a power failure does not take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Before anything further is sent: without it an upload would be forgotten, or an object taken for lost.
    Now,
    /// Within about a second. Without it a part is sent again, which costs time and nothing else.
    Soon,
    /// Whenever. Without it the platform is asked what became of the upload.
    Sometime,
}

impl Record {
    /// By when this has to be on the disk.
    #[must_use]
    pub fn durability(&self) -> Durability {
        match self {
            Self::Opened(_) | Self::Completing => Durability::Now,
            Self::Part { .. } => Durability::Soon,
            Self::Completed | Self::Aborted => Durability::Sometime,
        }
    }

    /// What an event adds to a journal, at a moment in milliseconds since 1970. The first line takes more than the event
    /// knows, and the last is [`of_outcome`](Self::of_outcome)'s.
    #[must_use]
    pub fn of_event(event: &Event, at: u64) -> Option<Self> {
        match event {
            Event::PartStored { part, attempt, etag, .. } => {
                Some(Self::Part { number: *part, etag: etag.clone(), attempt: *attempt, at })
            }
            Event::Completing => Some(Self::Completing),
            _ => None,
        }
    }

    /// The line that closes the journal of an upload that is over on the platform, after which the journal may go; `None`
    /// where something may be open there, which the journal has to remember.
    #[must_use]
    pub fn of_outcome(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Completed(_) => Some(Self::Completed),
            Outcome::Failed { remains, .. } | Outcome::Aborted { remains } => match remains {
                Remains::Kept(_) | Remains::LeftOpen { .. } | Remains::Unclear { .. } => None,
                Remains::Nothing | Remains::Aborted { .. } | Remains::Gone { .. } => Some(Self::Aborted),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CHECKPOINT_VERSION, Checkpoint, Failure, Plan, TransportError, TransportErrorKind};

    fn checkpoint() -> Box<Checkpoint> {
        Box::new(Checkpoint {
            version: CHECKPOINT_VERSION,
            filename: "a".into(),
            upload_type: "t".parse().unwrap(),
            plan: Plan::propose(1, None).unwrap(),
            upload_id: "u".parse().unwrap(),
            object_key: "k".parse().unwrap(),
            urls: vec!["https://s/1".parse().unwrap()],
            etags: vec![None],
            completing: false,
        })
    }

    fn failure() -> Failure {
        let error = TransportError::new(TransportErrorKind::Reset, "reset");
        Failure::Request { step: crate::Step::Abort, attempts: 5, error }
    }

    #[test]
    fn a_journal_is_closed_only_when_nothing_can_be_open_on_the_platform() {
        let (upload_id, object_key) = (checkpoint().upload_id, checkpoint().object_key);
        for over in [
            Remains::Nothing,
            Remains::Aborted { upload_id: upload_id.clone(), object_key: object_key.clone() },
            Remains::Gone { upload_id, object_key },
        ] {
            assert_eq!(Record::of_outcome(&Outcome::Aborted { remains: over }), Some(Record::Aborted));
        }
        for open in [
            Remains::Kept(checkpoint()),
            Remains::LeftOpen { checkpoint: checkpoint(), failure: failure() },
            Remains::Unclear { checkpoint: checkpoint(), failure: failure() },
        ] {
            let failed = Outcome::Failed { failure: failure(), remains: open };
            assert_eq!(Record::of_outcome(&failed), None, "{failed:?}");
        }
    }
}
