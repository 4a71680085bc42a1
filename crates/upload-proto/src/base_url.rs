use std::{fmt, str::FromStr};

use crate::authority::{self, AuthorityError};

/// The root of one of the platform's APIs, such as `https://client-api.stg.future-demand.com/api`.
///
/// Reads a base URL with or without the trailing `/v3` or slash and keeps the root without either: which requests
/// are versioned is the [`Endpoint`](crate::Endpoint) table's business, not that of whoever configures a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRoot(Box<str>);

/// Why a text cannot be an API's base URL. Never contains a password that stood in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// Neither `http://` nor `https://` in front.
    #[error("it does not start with http:// or https://")]
    NotHttp,
    /// Nothing (or only a port) where the host should be.
    #[error("it names no host")]
    NoHost,
    /// A port that is no number from 1 to 65535.
    #[error("its port is not a number from 1 to 65535")]
    BadPort,
    /// A user name or password before the host.
    #[error("it carries a user name or password")]
    HasCredentials,
    /// A query or fragment.
    #[error("it has a query or a fragment")]
    HasQuery,
    /// White space, a control character, anything outside visible ASCII, or one in the host that no host has.
    #[error("it has a character that no URL can have")]
    BadCharacter,
}

impl ApiRoot {
    /// The root, without a trailing slash or version.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent there is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
    }

    /// The host's name or address, an IPv6 one without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = authority::split(self.authority()).map_or("", |(host, _)| host);
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port, by the scheme where none is named.
    #[must_use]
    pub fn port(&self) -> u16 {
        let default = if self.is_https() { 443 } else { 80 };
        authority::split(self.authority()).ok().and_then(|(_, port)| port).unwrap_or(default)
    }

    fn authority(&self) -> &str {
        self.0.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }
}

impl FromStr for ApiRoot {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(BaseUrlError::NotHttp)?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return Err(BaseUrlError::NotHttp);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BaseUrlError::BadCharacter);
        }
        if text.contains(['?', '#']) {
            return Err(BaseUrlError::HasQuery);
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return Err(BaseUrlError::HasCredentials);
        }
        authority::split(authority)?;
        // Down to the authority and no further: a host may be called `v3`.
        let (origin, mut path) = text.split_at(text.len() - rest.len() + authority.len());
        // What is stored is read again: a second version must not come off only then.
        while let Some(shorter) = path.strip_suffix('/').or_else(|| path.strip_suffix("/v3")) {
            path = shorter;
        }
        Ok(Self(format!("{origin}{path}").into()))
    }
}

impl From<AuthorityError> for BaseUrlError {
    fn from(error: AuthorityError) -> Self {
        match error {
            AuthorityError::NoHost => Self::NoHost,
            AuthorityError::BadPort => Self::BadPort,
            AuthorityError::BadCharacter => Self::BadCharacter,
        }
    }
}

impl fmt::Display for ApiRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the platform's APIs are: the main one and, where it is used, the CR one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiHosts {
    /// The main API, `https://client-api.<env>…/api`.
    pub api: ApiRoot,
    /// The CR API, `https://cr.client-api.<env>…/api`; only `events/bulk_upload` needs it.
    pub cr: Option<ApiRoot>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_slashes_come_off() {
        for text in
            ["https://h/api", "https://h/api/", "https://h/api/v3", "https://h/api/v3/", " https://h/api/v3 "]
        {
            assert_eq!(text.parse::<ApiRoot>().unwrap().as_str(), "https://h/api", "{text}");
        }
        assert_eq!("https://h/v3/v3".parse::<ApiRoot>().unwrap().as_str(), "https://h");
        assert_eq!("https://v3/".parse::<ApiRoot>().unwrap().as_str(), "https://v3");
        assert_eq!("http://[::1]:80/api".parse::<ApiRoot>().unwrap().as_str(), "http://[::1]:80/api");
    }

    #[test]
    fn host_and_port_come_out_of_every_form() {
        for (text, host, port) in [
            ("https://client-api.stg.example.com/api", "client-api.stg.example.com", 443),
            ("HTTPS://h", "h", 443),
            ("http://h:8080/api/v3", "h", 8080),
            ("http://127.0.0.1/api", "127.0.0.1", 80),
            ("http://[::1]/api", "::1", 80),
            ("https://[fe80::1]:8443/api", "fe80::1", 8443),
        ] {
            let root: ApiRoot = text.parse().unwrap();
            assert_eq!((root.host(), root.port()), (host, port), "{text}");
        }
    }

    #[test]
    fn each_malformed_url_has_its_reason() {
        for (text, reason) in [
            ("", BaseUrlError::NotHttp),
            ("client-api.stg/api", BaseUrlError::NotHttp),
            ("ftp://h/api", BaseUrlError::NotHttp),
            ("https://", BaseUrlError::NoHost),
            ("https://:8080/api", BaseUrlError::NoHost),
            ("https://h:99999/api", BaseUrlError::BadPort),
            ("https://h:x/api", BaseUrlError::BadPort),
            ("https://h:0/api", BaseUrlError::BadPort),
            ("https://u:p@h/api", BaseUrlError::HasCredentials),
            ("https://h/api?x=1", BaseUrlError::HasQuery),
            ("https://h/a pi", BaseUrlError::BadCharacter),
            // Browsers' rules, which what connects goes by, would find the host `h` here.
            ("https://h\\.example.com/api", BaseUrlError::BadCharacter),
            ("https://h%2e/api", BaseUrlError::BadCharacter),
        ] {
            assert_eq!(text.parse::<ApiRoot>(), Err(reason), "{text}");
        }
    }
}
