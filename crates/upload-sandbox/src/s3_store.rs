use std::fmt;

use crate::storage::NullEtag;

/// Where stored objects go.
#[derive(Clone, Debug, Default)]
pub enum Backend {
    /// Files below [`SandboxConfig::storage_dir`](crate::SandboxConfig::storage_dir), by an S3 server of the sandbox's
    /// own.
    #[default]
    BuiltIn,
    /// Nowhere: bodies are thrown away, for measuring what a client costs. Sizes, ETags and multipart uploads are right;
    /// no signature is checked, nothing is logged, and no fault can happen there.
    Null(NullEtag),
    /// A bucket of an S3 elsewhere.
    S3(S3Store),
}

/// An S3 that is there already: AWS, Ceph's gateway, Garage, and so on. Buckets are named in the path.
#[derive(Clone, Debug)]
pub struct S3Store {
    /// Its address, `http://127.0.0.1:7480`.
    pub endpoint: String,
    /// The bucket for every object; it is created where it is missing.
    pub bucket: String,
    /// The region that signatures name.
    pub region: String,
    /// Who may write there.
    pub keys: S3Keys,
    /// How clients reach it.
    pub route: S3Route,
}

/// How clients reach an S3 elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum S3Route {
    /// Presigned URLs lead straight to it. The sandbox sees no PUT: none is in its log, none can be given a fault.
    #[default]
    Direct,
    /// Presigned URLs lead to the sandbox's own port, which checks, logs and misbehaves as with the built-in storage,
    /// signs each PUT anew and streams it on.
    Relayed,
}

/// An access key of an S3. Its `Debug` shows the key's id and no more.
#[derive(Clone)]
pub struct S3Keys {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The token that goes with a temporary key.
    pub session_token: Option<String>,
}

impl S3Keys {
    /// The keys in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if there is one, `AWS_SESSION_TOKEN`.
    ///
    /// # Errors
    /// The name of a variable that is missing or empty.
    pub fn from_env() -> Result<Self, &'static str> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let wanted = |name| set(name).ok_or(name);
        Ok(Self {
            access_key_id: wanted("AWS_ACCESS_KEY_ID")?,
            secret_access_key: wanted("AWS_SECRET_ACCESS_KEY")?,
            session_token: set("AWS_SESSION_TOKEN"),
        })
    }
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Keys").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_key_is_not_shown() {
        let keys = S3Keys {
            access_key_id: "AKIA1".into(),
            secret_access_key: "hush-hush".into(),
            session_token: Some("hush-too".into()),
        };
        let shown = format!("{keys:?}");
        assert!(shown.contains("AKIA1") && !shown.contains("hush"), "{shown}");
    }
}
