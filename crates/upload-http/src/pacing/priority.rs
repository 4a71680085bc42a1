use upload_proto::Endpoint;

/// Who goes first when several wait for the same budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    /// What ends something that was begun, so that it stops taking up room.
    Finishing,
    /// What begins something new.
    Beginning,
}

impl Priority {
    pub(super) fn of(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::CompleteMultipart | Endpoint::ValidateMultipart | Endpoint::AbortMultipart => {
                Self::Finishing
            }
            _ => Self::Beginning,
        }
    }
}
