use std::io;

use async_trait::async_trait;
use upload_http::{SavedSession, SessionStore, StoreLock};

use super::{Identity, KeptSession, SessionFile};

/// A profile's session file, shared with every other process that uses the profile.
#[derive(Clone, Debug)]
pub(crate) struct ProfileStore {
    file: SessionFile,
    /// Whose session this process uses: another one's, put there meanwhile, is not touched.
    identity: Identity,
}

impl ProfileStore {
    pub(crate) fn new(file: SessionFile, identity: Identity) -> Self {
        Self { file, identity }
    }

    /// Runs what touches files off the async threads.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || work(&this)).await.map_err(io::Error::other)?
    }

    fn read(&self) -> io::Result<Option<KeptSession>> {
        Ok(self.file.read()?.filter(|kept| kept.identity == self.identity))
    }
}

#[async_trait]
impl SessionStore for ProfileStore {
    async fn lock(&self) -> io::Result<StoreLock> {
        self.blocking(|this| this.file.lock().map(StoreLock::new)).await
    }

    async fn load(&self) -> io::Result<Option<SavedSession>> {
        self.blocking(|this| Ok(this.read()?.map(|kept| kept.session))).await
    }

    async fn save(&self, session: &SavedSession) -> io::Result<()> {
        let session = session.clone();
        self.blocking(move |this| match this.read()? {
            Some(kept) => this.file.write(&KeptSession { session, ..kept }),
            // Signed out meanwhile: a session that was ended is not brought back.
            None => Ok(()),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn kept(user: &str) -> KeptSession {
        KeptSession {
            identity: Identity { api: "https://h/api".parse().unwrap(), user: user.into() },
            partner: Some("fd42".parse().unwrap()),
            id_token: None,
            session: SavedSession {
                access_token: "old".parse().unwrap(),
                refresh_token: None,
                obtained_at: SystemTime::UNIX_EPOCH,
                expires_in: None,
                over: false,
            },
        }
    }

    #[tokio::test]
    async fn a_renewed_session_keeps_its_partner_and_another_users_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = SessionFile::new(folder.path().to_owned(), "p");
        let store = ProfileStore::new(file.clone(), kept("ada").identity);
        let renewed = SavedSession { access_token: "new".parse().unwrap(), ..kept("ada").session };

        let _lock = store.lock().await.unwrap();
        store.save(&renewed).await.unwrap();
        assert!(file.read().unwrap().is_none(), "what was signed out stays so");

        file.write(&kept("ada")).unwrap();
        store.save(&renewed).await.unwrap();
        assert_eq!(store.load().await.unwrap().unwrap().access_token.expose(), "new");
        assert_eq!(file.read().unwrap().unwrap().partner.unwrap().as_str(), "fd42");

        file.write(&kept("bob")).unwrap();
        store.save(&renewed).await.unwrap();
        assert!(store.load().await.unwrap().is_none());
        assert_eq!(file.read().unwrap().unwrap().session.access_token.expose(), "old");
    }
}
