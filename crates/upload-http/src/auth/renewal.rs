use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use upload_proto::{AccessToken, RefreshToken};

use super::{
    SavedSession, SessionStore, StoreLock, life::Life, session::Inner, tokens::Grant, trouble::Trouble,
};

/// How long the store's lock is waited for: longer than any renewal of somebody else's takes. A process that was
/// stopped while it had the lock must not stop every other one.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);

/// One renewal of a session.
pub(super) struct Renewal<'a> {
    pub(super) inner: &'a Inner,
    /// The token that is to be replaced.
    pub(super) known: &'a Grant,
    pub(super) refresh_token: Option<RefreshToken>,
    /// Whether the platform has refused it, however long it was to live.
    pub(super) refused: bool,
}

/// What a renewal got.
pub(super) struct Renewed {
    pub(super) token: AccessToken,
    pub(super) refresh_token: Option<RefreshToken>,
    /// When whoever got it got it.
    pub(super) obtained: Instant,
    pub(super) life: Life,
}

impl Renewal<'_> {
    /// Takes what another process got, or asks the platform.
    pub(super) async fn run(self) -> Result<Renewed, Trouble> {
        let Self { inner, known, refresh_token, refused } = self;
        let store = inner.store.as_deref();
        let _lock = lock(store).await;
        let kept = match store {
            None => None,
            Some(store) => match store.load().await {
                Ok(Some(kept)) => Some(kept),
                Ok(None) => return Err(Trouble::signed_out()),
                Err(error) => {
                    tracing::warn!(target: "upload_http::auth", %error, "the kept session cannot be read");
                    None
                }
            },
        };
        if let Some(kept) = &kept {
            if kept.over {
                return Err(Trouble::ended_before());
            }
            let (now, wall) = (Instant::now(), SystemTime::now());
            let life = Life::of(kept, now, wall);
            if kept.access_token != known.token && !life.is_due(now) {
                tracing::debug!(target: "upload_http::auth", "another process has renewed the session");
                let SavedSession { access_token: token, refresh_token, .. } = kept.clone();
                // It may have been lying there for long: should it be refused, it is not a fresh one that is.
                let age = wall.duration_since(kept.obtained_at).unwrap_or_default();
                let obtained = now.checked_sub(age).unwrap_or(known.obtained);
                return Ok(Renewed { token, refresh_token, obtained, life });
            }
        }
        let refresh_token = kept.as_ref().and_then(|kept| kept.refresh_token.clone()).or(refresh_token);
        let Some(refresh_token) = refresh_token else { return Err(Trouble::no_refresh_token(refused)) };

        // The life is counted from before the question, so that the way there and back shortens it.
        let (asked, asked_at) = (Instant::now(), SystemTime::now());
        let answer = inner.client.refresh(1, &refresh_token).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let trouble = Trouble::of_refresh(&error);
                if let (true, Some(kept), Some(store)) = (trouble.is_final(), kept, store) {
                    save(store, &SavedSession { over: true, ..kept }).await;
                }
                return Err(trouble);
            }
        };
        let span = Duration::from_secs(answer.expires_in);
        tracing::debug!(target: "upload_http::auth", seconds = answer.expires_in, "the access token is renewed");
        if let Some(store) = store {
            let session = SavedSession {
                access_token: answer.access_token.clone(),
                refresh_token: Some(refresh_token.clone()),
                obtained_at: asked_at,
                expires_in: Some(span),
                over: false,
            };
            save(store, &session).await;
        }
        let life = Life::from(asked, span);
        Ok(Renewed {
            token: answer.access_token,
            refresh_token: Some(refresh_token),
            obtained: Instant::now(),
            life,
        })
    }
}

/// Has the store say that the session is over, unless it holds another one by now.
pub(super) async fn note_the_end(inner: &Inner, refused: &Grant) {
    let Some(store) = inner.store.as_deref() else { return };
    let _lock = lock(Some(store)).await;
    if let Ok(Some(kept)) = store.load().await
        && kept.access_token == refused.token
    {
        save(store, &SavedSession { over: true, ..kept }).await;
    }
}

async fn lock(store: Option<&dyn SessionStore>) -> Option<StoreLock> {
    let trouble = match tokio::time::timeout(LOCK_PATIENCE, store?.lock()).await {
        Ok(Ok(lock)) => return Some(lock),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "another process keeps it".to_owned(),
    };
    tracing::warn!(target: "upload_http::auth", trouble, "no lock on the kept session: going on without");
    None
}

async fn save(store: &dyn SessionStore, session: &SavedSession) {
    if let Err(error) = store.save(session).await {
        tracing::warn!(target: "upload_http::auth", %error, "the session cannot be kept: other processes will not have it");
    }
}
