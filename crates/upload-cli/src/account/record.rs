use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use upload_http::{Claims, SavedSession};
use upload_proto::{ApiRoot, IdToken, PartnerId};

/// The format's number; it changes when an older version could no longer read it.
const VERSION: u32 = 1;

/// Whose session it is, and with which platform. A token never goes to another platform than the one it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) api: ApiRoot,
    pub(crate) user: String,
}

/// A session as it is kept for a profile.
#[derive(Clone, Debug)]
pub(crate) struct KeptSession {
    pub(crate) identity: Identity,
    /// The partner that was chosen when it began.
    pub(crate) partner: Option<PartnerId>,
    pub(crate) id_token: Option<IdToken>,
    pub(crate) session: SavedSession,
}

impl KeptSession {
    /// Whether a token can still be had from it: its own, or a new one.
    pub(crate) fn is_usable(&self) -> bool {
        let SavedSession { refresh_token, over, .. } = &self.session;
        !over && (refresh_token.is_some() || self.expires_in().is_none_or(|left| !left.is_zero()))
    }

    /// For how long its token lives; `None` where nobody knows.
    pub(crate) fn expires_in(&self) -> Option<Duration> {
        let SavedSession { obtained_at, expires_in, .. } = &self.session;
        let age = SystemTime::now().duration_since(*obtained_at).unwrap_or_default();
        expires_in.map(|span| span.saturating_sub(age))
    }

    /// The partners that its ID token lists.
    pub(crate) fn partners(&self) -> Vec<PartnerId> {
        self.id_token.as_ref().map(partners_of).unwrap_or_default()
    }
}

/// The partners that an ID token lists; groups of another kind are left out.
pub(crate) fn partners_of(token: &IdToken) -> Vec<PartnerId> {
    let claims = Claims::of_id_token(token);
    let groups = claims.as_ref().map(Claims::groups).unwrap_or_default();
    groups.iter().filter_map(|group| group.parse().ok()).collect()
}

/// The session as it stands in its file. It has no `Debug`: these texts are the secrets themselves.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    api_url: String,
    user: String,
    partner: Option<String>,
    access_token: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
    /// Milliseconds since 1970, by this machine's clock.
    obtained_at_ms: u64,
    /// Milliseconds from then on.
    expires_in_ms: Option<u64>,
    #[serde(default)]
    over: bool,
}

impl From<&KeptSession> for Record {
    fn from(kept: &KeptSession) -> Self {
        let KeptSession { identity, partner, id_token, session } = kept;
        let since = session.obtained_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            version: VERSION,
            api_url: identity.api.as_str().to_owned(),
            user: identity.user.clone(),
            partner: partner.as_ref().map(|partner| partner.as_str().to_owned()),
            access_token: session.access_token.expose().to_owned(),
            refresh_token: session.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            id_token: id_token.as_ref().map(|token| token.expose().to_owned()),
            obtained_at_ms: milliseconds(since),
            expires_in_ms: session.expires_in.map(milliseconds),
            over: session.over,
        }
    }
}

impl TryFrom<Record> for KeptSession {
    /// What is wrong with it, without its content.
    type Error = &'static str;

    fn try_from(record: Record) -> Result<Self, &'static str> {
        if record.version != VERSION {
            return Err("another version of upload wrote it");
        }
        let obtained_at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(record.obtained_at_ms));
        Ok(Self {
            identity: Identity {
                api: record.api_url.parse().map_err(|_| "its API URL cannot be used")?,
                user: record.user,
            },
            partner: match record.partner {
                Some(partner) => Some(partner.parse().map_err(|_| "its partner id cannot be used")?),
                None => None,
            },
            id_token: record.id_token.and_then(|token| token.try_into().ok()),
            session: SavedSession {
                access_token: record.access_token.parse().map_err(|_| "its access token cannot be used")?,
                refresh_token: record.refresh_token.and_then(|token| token.try_into().ok()),
                obtained_at: obtained_at.ok_or("its date cannot be used")?,
                expires_in: record.expires_in_ms.map(Duration::from_millis),
                over: record.over,
            },
        })
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(expires_in: Option<u64>, refresh_token: Option<&str>) -> KeptSession {
        KeptSession {
            identity: Identity { api: "https://h/api".parse().unwrap(), user: "ada".into() },
            partner: Some("fd42".parse().unwrap()),
            id_token: Some("i".to_owned().try_into().unwrap()),
            session: SavedSession {
                access_token: "a".parse().unwrap(),
                refresh_token: refresh_token.map(|token| token.to_owned().try_into().unwrap()),
                obtained_at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_123),
                expires_in: expires_in.map(Duration::from_secs),
                over: false,
            },
        }
    }

    #[test]
    fn what_is_kept_comes_back_as_it_was() {
        for kept in [kept(Some(3600), Some("r")), kept(None, None)] {
            let json = serde_json::to_string(&Record::from(&kept)).unwrap();
            let back: KeptSession = serde_json::from_str::<Record>(&json).unwrap().try_into().unwrap();
            assert_eq!((&back.identity, &back.partner), (&kept.identity, &kept.partner));
            assert_eq!((&back.id_token, &back.session), (&kept.id_token, &kept.session));
        }
    }

    #[test]
    fn a_session_serves_as_long_as_a_token_can_be_had() {
        assert!(kept(Some(1), Some("r")).is_usable(), "it can be renewed");
        assert!(!kept(Some(1), None).is_usable(), "it ended in 2001");
        assert!(kept(None, None).is_usable(), "nobody knows");
        let mut refused = kept(None, Some("r"));
        refused.session.over = true;
        assert!(!refused.is_usable());
    }

    #[test]
    fn a_record_of_another_version_is_not_guessed_at() {
        let record = Record { version: 2, ..Record::from(&kept(None, None)) };
        assert!(KeptSession::try_from(record).is_err());
    }
}
