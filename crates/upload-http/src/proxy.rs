use std::env;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{NoProxy, Proxy, Url};

use crate::SetupError;

/// This machine's own addresses: a proxy never stands between a client and a server on the same machine, such as the
/// sandbox.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Which proxy stands before which host: the one that was asked for, or else those the environment names.
pub(crate) struct Proxies {
    https: Option<Url>,
    http: Option<Url>,
    all: Option<Url>,
    /// Hosts that are reached directly, as in `NO_PROXY`.
    exempt: String,
}

impl Proxies {
    /// Finds them.
    ///
    /// # Errors
    /// For a proxy that cannot be used.
    pub(crate) fn resolve(chosen: Option<&str>) -> Result<Self, SetupError> {
        let exempt = format!("{},{LOOPBACK}", first_of(&["NO_PROXY", "no_proxy"]).unwrap_or_default().1);
        if let Some(url) = chosen {
            return Ok(Self { https: None, http: None, all: Some(checked(url, "the settings")?), exempt });
        }
        let named =
            |names: &[&'static str]| first_of(names).map(|(name, url)| checked(&url, name)).transpose();
        // Upper-case HTTP_PROXY could be planted by a web request's `Proxy` header where this runs as a CGI script.
        let http: &[&str] = if env::var_os("REQUEST_METHOD").is_some() {
            &["http_proxy"]
        } else {
            &["HTTP_PROXY", "http_proxy"]
        };
        Ok(Self {
            https: named(&["HTTPS_PROXY", "https_proxy"])?,
            http: named(http)?,
            all: named(&["ALL_PROXY", "all_proxy"])?,
            exempt,
        })
    }

    /// In reqwest's terms; the first that fits serves.
    ///
    /// # Errors
    /// For a proxy that reqwest cannot use.
    pub(crate) fn for_reqwest(&self) -> Result<Vec<Proxy>, SetupError> {
        let https = self.https.as_ref().map(|url| Proxy::https(url.clone()));
        let http = self.http.as_ref().map(|url| Proxy::http(url.clone()));
        let all = self.all.as_ref().map(|url| Proxy::all(url.clone()));
        [https, http, all]
            .into_iter()
            .flatten()
            .map(|proxy| match proxy {
                Ok(proxy) => Ok(proxy.no_proxy(NoProxy::from_string(&self.exempt))),
                Err(_) => Err(SetupError::Proxy { origin: "the settings" }),
            })
            .collect()
    }

    /// In hyper's terms; reqwest goes by the same code.
    pub(crate) fn matcher(&self) -> Matcher {
        let text = |url: &Option<Url>| url.as_ref().map(Url::to_string).unwrap_or_default();
        Matcher::builder()
            .https(text(&self.https))
            .http(text(&self.http))
            .all(text(&self.all))
            .no(self.exempt.as_str())
            .build()
    }
}

fn first_of(names: &[&'static str]) -> Option<(&'static str, String)> {
    names
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()).map(|value| (*name, value)))
}

fn checked(text: &str, origin: &'static str) -> Result<Url, SetupError> {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    Url::parse(&with_scheme)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or(SetupError::Proxy { origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_being_quoted() {
        for bad in ["", "http://", "socks5://user:hush@h:1", "http://user:hush@:1"] {
            let error = Proxies::resolve(Some(bad)).map(drop).unwrap_err();
            assert_eq!(error, SetupError::Proxy { origin: "the settings" }, "{bad}");
            assert!(!error.to_string().contains("hush"));
        }
    }

    #[test]
    fn a_proxy_needs_no_scheme_and_serves_every_host_but_this_machine() {
        for good in ["proxy.example:3128", "http://user:hush@proxy.example:3128", "https://proxy.example"] {
            let proxies = Proxies::resolve(Some(good)).unwrap();
            assert_eq!(proxies.for_reqwest().unwrap().len(), 1, "{good}");
            let matcher = proxies.matcher();
            let through = |uri: &str| matcher.intercept(&uri.parse().unwrap());
            for far in ["http://storage.example/", "https://storage.example:9000/", "https://10.1.2.3/"] {
                let proxy = through(far).unwrap();
                assert_eq!(proxy.uri().host(), Some("proxy.example"), "{far}");
                assert_eq!(proxy.basic_auth().is_some(), good.contains('@'), "{far}");
            }
            for near in ["http://localhost:1/", "https://127.0.0.1/", "http://127.9.9.9/", "http://[::1]:80/"]
            {
                assert!(through(near).is_none(), "{near}");
            }
        }
    }
}
