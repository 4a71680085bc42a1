//! Whether a token may be sent unencrypted.

use std::net::IpAddr;

use upload_proto::{ApiHosts, ApiRoot};

use crate::error::{CliError, ErrorKind};

/// Refuses to talk to a platform in the clear, unless that is `allowed`: a warning would come with the token already sent.
///
/// # Errors
/// For an `http://` URL that leads off this machine.
pub(super) fn check(hosts: &ApiHosts, allowed: bool) -> Result<(), CliError> {
    let all = [Some(&hosts.api), hosts.cr.as_ref()];
    let Some(root) = all.into_iter().flatten().find(|root| is_readable_by_others(root)) else {
        return Ok(());
    };
    let message = format!("{root} is not encrypted: whoever is on the way could read the token");
    if allowed {
        tracing::warn!(target: "upload_cli", "{message}");
        return Ok(());
    }
    Err(CliError::new(ErrorKind::Settings, message)
        .hint("use https://, or where the whole way can be trusted, give --allow-plain-http"))
}

/// Whether what is sent there travels in the clear, and farther than this machine.
fn is_readable_by_others(root: &ApiRoot) -> bool {
    let host = root.host().to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    // RFC 6761, section 6.3: names below `localhost` are this machine's too.
    let is_local_name = host == "localhost" || host.ends_with(".localhost");
    !root.is_https() && !is_local_name && !address.is_some_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(api: &str, cr: Option<&str>) -> ApiHosts {
        ApiHosts { api: api.parse().unwrap(), cr: cr.map(|cr| cr.parse().unwrap()) }
    }

    #[test]
    fn only_what_leaves_the_machine_in_the_clear_can_be_read_by_others() {
        for (url, readable) in [
            ("https://h/api", false),
            ("http://h/api", true),
            ("HTTP://10.0.0.1/api", true),
            ("http://LOCALHOST:8080/api", false),
            ("http://s3.localhost/api", false),
            ("http://127.0.0.9/api", false),
            ("http://[::1]:80/api", false),
            ("http://[::ffff:127.0.0.1]/api", false),
            ("http://0.0.0.0/api", true),
            ("http://localhost.evil.example/api", true),
            ("http://notlocalhost/api", true),
        ] {
            assert_eq!(is_readable_by_others(&url.parse().unwrap()), readable, "{url}");
        }
    }

    #[test]
    fn no_token_goes_out_in_the_clear_unless_that_is_asked_for() {
        for open in [hosts("http://h/api", None), hosts("https://h/api", Some("http://cr/api"))] {
            let error = check(&open, false).unwrap_err();
            assert_eq!(error.kind.exit_status(), 2);
            assert!(error.hint.unwrap().contains("--allow-plain-http"));
            assert!(check(&open, true).is_ok());
        }
        assert!(check(&hosts("https://h/api", Some("http://127.0.0.1:1/api")), false).is_ok());
    }
}
