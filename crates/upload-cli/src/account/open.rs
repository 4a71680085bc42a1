use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use upload_http::{AuthClient, Claims, SavedSession, Session, Tokens};
use upload_proto::{PartnerId, Password};

use super::{
    Identity, KeptSession, ProfileStore, SessionFile, Source, TokenOrigin, choose_partner,
    record::partners_of, sign_in,
};
use crate::{
    error::{CliError, ErrorKind},
    settings::Settings,
};

/// As whom the platform is talked to, and how that came about.
#[derive(Debug)]
pub(crate) struct Account {
    /// The user, as far as tokens tell.
    pub(crate) user: Option<String>,
    pub(crate) partner: PartnerId,
    /// The partners that the user may act for, as far as tokens tell.
    pub(crate) partners: Vec<PartnerId>,
    pub(crate) origin: TokenOrigin,
    /// What renews the token; `None` where nothing does.
    pub(crate) session: Option<Session>,
    /// When a token ends that nothing renews, as far as it says.
    pub(crate) end: Option<SystemTime>,
    pub(crate) tokens: Tokens,
}

impl Account {
    /// For how long the token lives; `None` where nobody knows.
    pub(crate) fn expires_in(&self) -> Option<Duration> {
        match &self.session {
            Some(session) => session.expires_in(),
            None => self.end.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default()),
        }
    }
}

impl Source {
    /// Makes an account of it, by signing in where that is what it takes.
    ///
    /// # Errors
    /// When signing in fails, and when no partner is known.
    pub(crate) async fn open(
        self,
        settings: &Settings,
        auth: AuthClient,
        identity: impl FnOnce(String) -> Identity,
        partner: Option<PartnerId>,
    ) -> Result<Account, CliError> {
        let kept = match self {
            Self::Given { token, refresh_token, origin } => {
                let partner = partner.ok_or_else(no_partner)?;
                let claims = Claims::of_access_token(&token).unwrap_or_default();
                let (user, end) = (claims.user().map(str::to_owned), claims.expires_at());
                let (tokens, session) = match refresh_token {
                    None => (Tokens::fixed(token), None),
                    Some(refresh_token) => {
                        let saved = SavedSession::of_tokens(token, Some(refresh_token));
                        let session = Session::new(auth, saved);
                        (Tokens::from(session.clone()), Some(session))
                    }
                };
                return Ok(Account { user, partner, partners: Vec::new(), origin, session, end, tokens });
            }
            Self::Kept(kept) => kept,
            Self::SignIn { user, password } => {
                establish(settings, &auth, identity(user), password, partner.clone()).await?
            }
        };
        let partners = kept.partners();
        let chosen = match partner.or_else(|| kept.partner.clone()) {
            Some(partner) => Some(partner),
            None => choose_partner(None, &partners, None)?,
        };
        let store = ProfileStore::new(settings.session_file(), kept.identity.clone());
        let session = Session::shared(auth, kept.session, Arc::new(store));
        Ok(Account {
            user: Some(kept.identity.user),
            partner: chosen.ok_or_else(no_partner)?,
            partners,
            origin: TokenOrigin::Session(settings.profile_name().to_owned()),
            end: None,
            tokens: session.clone().into(),
            session: Some(session),
        })
    }
}

pub(crate) fn no_partner() -> CliError {
    CliError::new(ErrorKind::Settings, "no partner id: for whom is the upload?")
        .hint("set FD_PARTNER_ID, or give --partner")
}

/// Signs in and keeps the session for the profile. Of several processes that want to at once, one does, and the others
/// use its session.
async fn establish(
    settings: &Settings,
    auth: &AuthClient,
    identity: Identity,
    password: Password,
    partner: Option<PartnerId>,
) -> Result<KeptSession, CliError> {
    let file = settings.make_session_file()?;
    let _lock = lock(&file).await;
    if let Ok(Some(kept)) = file.read()
        && kept.identity == identity
        && kept.is_usable()
    {
        return Ok(kept);
    }
    let signed_in = sign_in(auth, &identity.user, password).await?;
    let partners = signed_in.id_token.as_ref().map(partners_of).unwrap_or_default();
    let kept = KeptSession {
        partner: choose_partner(partner, &partners, None)?,
        session: SavedSession::signed_in(&signed_in),
        id_token: signed_in.id_token,
        identity,
    };
    if let Err(error) = file.write(&kept) {
        let path = file.path();
        tracing::warn!(target: "upload_cli", %error, path = %path.display(), "the session cannot be kept");
    }
    Ok(kept)
}

/// Waits for the lock without blocking anything else. Without one, two processes may both sign in, which does no harm.
pub(crate) async fn lock(file: &SessionFile) -> Option<std::fs::File> {
    let file = file.clone();
    let locked = tokio::task::spawn_blocking(move || file.lock()).await;
    let locked: io::Result<_> = locked.map_err(io::Error::other).and_then(|locked| locked);
    locked
        .inspect_err(
            |error| tracing::warn!(target: "upload_cli", %error, "the session file cannot be locked"),
        )
        .ok()
}
