use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::SavedSession;

/// How long before its end a token is renewed (token refresh page).
const LEAD: Duration = Duration::from_secs(300);

/// How long a token lives, by the monotonic clock: a wall clock that is set, or differs from the server's, changes
/// nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    /// `None` where nobody knows.
    end: Option<Instant>,
    lead: Duration,
}

impl Life {
    /// A life of `span` from this moment on. It is renewed 5 minutes before its end, or, of a short one, a tenth
    /// before.
    pub(super) fn from(begin: Instant, span: Duration) -> Self {
        Self { end: begin.checked_add(span), lead: LEAD.min(span / 10) }
    }

    /// A life that nobody knows the length of.
    pub(super) fn unknown() -> Self {
        Self { end: None, lead: Duration::ZERO }
    }

    /// What is left of the life of a session that was kept. Both moments are the wall clock's, of the same machine; one
    /// that was set back in between is not believed.
    pub(super) fn of(saved: &SavedSession, now: Instant, wall: SystemTime) -> Self {
        let Some(span) = saved.expires_in else { return Self::unknown() };
        let age = wall.duration_since(saved.obtained_at).unwrap_or_default();
        Self { end: now.checked_add(span.saturating_sub(age)), ..Self::from(now, span) }
    }

    /// What is left; `None` where nobody knows.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(now))
    }

    /// Whether it is time for a new token.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.left(now).is_some_and(|left| left <= self.lead)
    }

    /// Whether the token is dead.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.left(now).is_some_and(|left| left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(expires_in: Option<Duration>) -> SavedSession {
        SavedSession {
            access_token: "a".parse().unwrap(),
            refresh_token: None,
            obtained_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
            expires_in,
            over: false,
        }
    }

    #[test]
    fn a_token_is_renewed_five_minutes_or_a_tenth_of_its_life_ahead() {
        let begin = Instant::now();
        for (span, due_after) in [(3600, 3300), (3000, 2700), (100, 90), (10, 9), (0, 0)] {
            let life = Life::from(begin, Duration::from_secs(span));
            let at = |seconds| begin + Duration::from_millis(seconds);
            assert!(life.is_due(at(due_after * 1000)) && life.is_over(at(span * 1000)), "{span}");
            if due_after > 0 {
                assert!(
                    !life.is_due(at(due_after * 1000 - 1)) && !life.is_over(at(span * 1000 - 1)),
                    "{span}"
                );
            }
        }
    }

    #[test]
    fn a_kept_session_has_what_is_left_and_never_more_than_it_had() {
        let now = Instant::now();
        let hour = Duration::from_secs(3600);
        let saved_at = saved(None).obtained_at;
        for (wall, left) in [
            (saved_at, 3600),
            (saved_at + Duration::from_secs(600), 3000),
            (saved_at + Duration::from_secs(7200), 0),
            (saved_at - Duration::from_secs(86_400), 3600),
        ] {
            let life = Life::of(&saved(Some(hour)), now, wall);
            assert_eq!(life.left(now), Some(Duration::from_secs(left)));
            assert_eq!(life.is_due(now), left < 300);
        }
    }

    #[test]
    fn an_unknown_life_is_never_due() {
        let now = Instant::now();
        let life = Life::of(&saved(None), now, SystemTime::now());
        assert!(!life.is_due(now + Duration::from_secs(1 << 30)) && life.left(now).is_none());
    }
}
