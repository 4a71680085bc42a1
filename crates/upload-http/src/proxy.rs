use std::env;

use reqwest::{NoProxy, Proxy, Url};

use crate::SetupError;

/// This machine's own addresses: a proxy taken from the environment never stands between a client and a server on
/// the same machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

type Make = fn(Url) -> reqwest::Result<Proxy>;

/// The proxy that was asked for, or else those the environment names.
pub(crate) fn proxies(chosen: Option<&str>) -> Result<Vec<Proxy>, SetupError> {
    if let Some(url) = chosen {
        let proxy = checked(url, "the settings", Proxy::all)?;
        return Ok(vec![proxy.no_proxy(NoProxy::from_env())]);
    }
    let exempt = format!("{},{LOOPBACK}", first_of(&["NO_PROXY", "no_proxy"]).unwrap_or_default().1);
    let mut proxies = Vec::new();
    // Upper-case HTTP_PROXY could be planted by a web request's `Proxy` header where this runs as a CGI script.
    let http: &[&str] =
        if env::var_os("REQUEST_METHOD").is_some() { &["http_proxy"] } else { &["HTTP_PROXY", "http_proxy"] };
    let schemes: [(&[&'static str], Make); 3] = [
        (&["HTTPS_PROXY", "https_proxy"], Proxy::https),
        (http, Proxy::http),
        (&["ALL_PROXY", "all_proxy"], Proxy::all),
    ];
    for (names, make) in schemes {
        if let Some((name, url)) = first_of(names) {
            proxies.push(checked(&url, name, make)?.no_proxy(NoProxy::from_string(&exempt)));
        }
    }
    Ok(proxies)
}

fn first_of(names: &[&'static str]) -> Option<(&'static str, String)> {
    names
        .iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()).map(|value| (*name, value)))
}

fn checked(text: &str, origin: &'static str, make: Make) -> Result<Proxy, SetupError> {
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&with_scheme)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.and_then(|url| make(url).ok()).ok_or(SetupError::Proxy { origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_being_quoted() {
        for bad in ["", "http://", "socks5://user:hush@h:1", "http://user:hush@:1"] {
            let error = proxies(Some(bad)).unwrap_err();
            assert_eq!(error, SetupError::Proxy { origin: "the settings" }, "{bad}");
            assert!(!error.to_string().contains("hush"));
        }
    }

    #[test]
    fn a_proxy_needs_no_scheme() {
        for good in ["proxy.example:3128", "http://user:hush@proxy.example:3128", "https://proxy.example"] {
            assert_eq!(proxies(Some(good)).unwrap().len(), 1, "{good}");
        }
    }
}
