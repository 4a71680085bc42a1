use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::Instant;
use upload_core::TransportError;
use upload_proto::RefreshToken;

use super::{
    AuthClient, SavedSession, SessionStore,
    life::Life,
    renewal::{self, Renewal, Renewed},
    tokens::Grant,
    trouble::Trouble,
};

/// The longest pause after a renewal ahead of time has failed, while the old token still lives.
const LONGEST_PATIENCE: Duration = Duration::from_secs(30);

/// A session with the platform: an access token that is renewed when somebody asks for it and its end is near.
///
/// - **Ahead of time:** 5 minutes before the end, or a tenth of the life where that is shorter. The life is measured by
///   the monotonic clock from the moment the token was asked for.
/// - **Once:** whoever asks while a renewal is under way waits for the same one. With a [`SessionStore`], processes
///   share it too.
/// - **Not for nothing:** nothing happens while nobody asks.
/// - **Finally:** when the platform refuses to renew it, or refuses a fresh token, it is over at once for everyone who
///   uses it. Nothing is asked of the platform any more.
///
/// Trouble on the way, such as a server that does not answer, ends nothing: the old token serves for as long as it lives.
/// A clone is the same session.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

pub(super) struct Inner {
    pub(super) client: AuthClient,
    pub(super) store: Option<Arc<dyn SessionStore>>,
    state: Mutex<State>,
}

struct State {
    current: Grant,
    refresh_token: Option<RefreshToken>,
    renewal: Option<Flight>,
    /// No renewal ahead of time before this moment.
    patience: Option<Instant>,
    over: Option<Trouble>,
}

/// A renewal under way, to wait for together.
type Flight = Shared<BoxFuture<'static, Result<Grant, Trouble>>>;

impl Session {
    /// Goes on with a session in this process alone, renewing it by `client`.
    #[must_use]
    pub fn new(client: AuthClient, saved: SavedSession) -> Self {
        Self::with(client, saved, None)
    }

    /// Goes on with a session that is kept in `store`, with everyone who shares that.
    #[must_use]
    pub fn shared(client: AuthClient, saved: SavedSession, store: Arc<dyn SessionStore>) -> Self {
        Self::with(client, saved, Some(store))
    }

    fn with(client: AuthClient, saved: SavedSession, store: Option<Arc<dyn SessionStore>>) -> Self {
        let now = Instant::now();
        let life = Life::of(&saved, now, SystemTime::now());
        let over = saved.over.then(Trouble::ended_before);
        let current = Grant { token: saved.access_token, generation: 0, obtained: now, life };
        let state =
            State { current, refresh_token: saved.refresh_token, renewal: None, patience: None, over };
        Self(Arc::new(Inner { client, store, state: Mutex::new(state) }))
    }

    /// For how long the access token lives; `None` where nobody knows.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.0.state().current.life.left(Instant::now())
    }

    pub(super) fn check(&self) -> Result<(), TransportError> {
        self.0.state().check()
    }

    pub(super) async fn grant(&self) -> Result<Grant, TransportError> {
        let renewal = {
            let mut state = self.0.state();
            state.check()?;
            let (now, life) = (Instant::now(), state.current.life);
            let patient = !life.is_over(now) && state.patience.is_some_and(|until| until > now);
            if !life.is_due(now) || patient || !self.0.can_renew(&state) {
                return Ok(state.current.clone());
            }
            self.join(&mut state, false)
        };
        let trouble = match renewal.await {
            Ok(grant) => return Ok(grant),
            Err(trouble) => trouble,
        };
        let state = self.0.state();
        state.check()?;
        match state.current.life.is_over(Instant::now()) {
            true => Err(trouble.into()),
            false => Ok(state.current.clone()),
        }
    }

    /// See [`Tokens::replace`](super::Tokens).
    pub(super) async fn replace(
        &self,
        refused: &Grant,
        began: Instant,
    ) -> Result<Option<Grant>, TransportError> {
        let renewal = {
            let mut state = self.0.state();
            state.check()?;
            if refused.obtained > began && !refused.life.is_due(Instant::now()) {
                state.over = Some(Trouble::fresh_token_refused());
                None
            } else if state.current.generation != refused.generation {
                return Ok(Some(state.current.clone()));
            } else if !self.0.can_renew(&state) {
                return Ok(None);
            } else {
                Some(self.join(&mut state, true))
            }
        };
        match renewal {
            Some(renewal) => Ok(Some(renewal.await?)),
            None => {
                renewal::note_the_end(&self.0, refused).await;
                Ok(None)
            }
        }
    }

    /// The renewal under way, or a new one. It runs in a task of its own, so that it ends well also when those who wait
    /// for it give up.
    fn join(&self, state: &mut State, refused: bool) -> Flight {
        // One whose task was stopped half way is of no use to anyone.
        if let Some(running) = state.renewal.as_ref().filter(|running| running.peek().is_none()) {
            return running.clone();
        }
        let inner = Arc::clone(&self.0);
        let known = state.current.clone();
        let refresh_token = state.refresh_token.clone();
        let task = tokio::spawn(async move {
            let renewed = Renewal { inner: &inner, known: &known, refresh_token, refused }.run().await;
            inner.settle(renewed)
        });
        let flight = task.map(|ended| ended.unwrap_or_else(|_| Err(Trouble::stopped()))).boxed().shared();
        state.renewal = Some(flight.clone());
        flight
    }
}

impl Inner {
    /// Whether there is anything a renewal could get a token by.
    fn can_renew(&self, state: &State) -> bool {
        state.refresh_token.is_some() || self.store.is_some()
    }

    fn settle(&self, renewed: Result<Renewed, Trouble>) -> Result<Grant, Trouble> {
        let mut state = self.state();
        state.renewal = None;
        match renewed {
            Ok(Renewed { token, refresh_token, obtained, life }) => {
                let generation = state.current.generation + 1;
                state.current = Grant { token, generation, obtained, life };
                state.refresh_token = refresh_token;
                state.patience = None;
                Ok(state.current.clone())
            }
            Err(trouble) => {
                let now = Instant::now();
                let left = state.current.life.left(now).unwrap_or_default();
                state.patience = now.checked_add(LONGEST_PATIENCE.min(left / 4));
                if trouble.is_final() {
                    state.over = Some(trouble.clone());
                }
                Err(trouble)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> Result<(), TransportError> {
        self.over.clone().map_or(Ok(()), |trouble| Err(trouble.into()))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state();
        f.debug_struct("Session")
            .field("current", &state.current)
            .field("store", &self.0.store)
            .field("over", &state.over)
            .finish()
    }
}
