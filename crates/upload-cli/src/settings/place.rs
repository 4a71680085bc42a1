//! Where the platform is, and for whom.

use std::str::FromStr;

use upload_proto::{ApiHosts, ApiRoot, PartnerId};

use super::{Setting, Settings, plain_http};
use crate::{
    args::{Given, GlobalArgs},
    error::{CliError, ErrorKind},
};

const NO_URL: &str = "set FD_BASE_URL, give --api-url, or try it without any: upload --sandbox …";

/// Where the platform's APIs are.
///
/// # Errors
/// When the URL is missing, or one is malformed: what to set, and where the malformed one came from. When a token would go
/// there in the clear.
pub(crate) fn hosts(settings: &Settings, global: &GlobalArgs) -> Result<ApiHosts, CliError> {
    let api = api_url(settings, global);
    let api = api.ok_or_else(|| invalid("no base URL: where is the platform?").hint(NO_URL))?;
    let api = root("the API's base URL", &api)?;
    let cr = settings.pick("cr_url", global.cr_url.clone(), settings.profile().cr_url.clone());
    let cr = cr.map(|setting| root("the CR API's base URL", &setting)).transpose()?;
    let hosts = ApiHosts { api, cr };
    plain_http::check(&hosts, global.allow_plain_http)?;
    Ok(hosts)
}

/// The API's base URL as it was given, with where.
pub(crate) fn api_url(settings: &Settings, global: &GlobalArgs) -> Option<Setting<String>> {
    settings.pick("api_url", global.api_url.clone(), settings.profile().api_url.clone())
}

/// The partner that was chosen, if one was.
///
/// # Errors
/// When it is malformed.
pub(crate) fn partner(
    settings: &Settings,
    global: &GlobalArgs,
) -> Result<Option<Setting<PartnerId>>, CliError> {
    let partner = settings.pick("partner", global.partner.clone(), settings.profile().partner.clone());
    let Some(Setting { value, origin }) = partner else { return Ok(None) };
    match PartnerId::from_str(&value) {
        Ok(value) => Ok(Some(Setting { value, origin })),
        Err(error) => Err(invalid(format!("the partner id ({origin}) cannot be used: {error}"))
            .hint("copy it from the platform, such as partner-id-acme or fd42")),
    }
}

/// Refuses options that name a platform, for commands that bring their own sandbox. What the environment or a
/// profile says is simply not asked for.
///
/// # Errors
/// When such an option was typed.
pub(crate) fn refuse_with_sandbox(settings: &Settings) -> Result<(), CliError> {
    for (id, option) in [("api_url", "--api-url"), ("cr_url", "--cr-url"), ("partner", "--partner")] {
        if settings.sources().of(id) == Some(Given::Flag) {
            let message = format!("--sandbox brings its own platform, so {option} would go unused");
            return Err(CliError::new(ErrorKind::Usage, message).hint("leave one of the two out"));
        }
    }
    Ok(())
}

/// Refuses options that are about a sandbox, where there is none. What the environment says is not asked for.
///
/// # Errors
/// When such an option was typed.
pub(crate) fn refuse_without_sandbox(settings: &Settings) -> Result<(), CliError> {
    for (id, option) in [("fault", "--fault"), ("fault_seed", "--fault-seed")] {
        if settings.sources().of(id) == Some(Given::Flag) {
            let message =
                format!("{option} has a sandbox misbehave, and this command runs against a real platform");
            return Err(
                CliError::new(ErrorKind::Usage, message).hint("give --sandbox as well, or leave it out")
            );
        }
    }
    Ok(())
}

fn invalid(message: impl Into<String>) -> CliError {
    CliError::new(ErrorKind::Settings, message)
}

fn root(what: &str, setting: &Setting<String>) -> Result<ApiRoot, CliError> {
    let Setting { value, origin } = setting;
    value.parse().map_err(|error| {
        // Behind any of these a secret may stand, whatever else is wrong with the URL.
        let shown = if value.contains(['@', '?', '#']) { String::new() } else { format!(" '{value}'") };
        invalid(format!("{what}{shown} ({origin}) cannot be used: {error}"))
            .hint("give it like https://client-api.stg.example.com/api/v3")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Origin;

    #[test]
    fn a_malformed_url_says_what_where_and_never_a_password() {
        let setting =
            |value: &str| Setting { value: value.to_owned(), origin: Origin::Variable("FD_BASE_URL".into()) };
        let error = root("the API's base URL", &setting("client-api/api")).unwrap_err();
        assert!(error.message.contains("'client-api/api' (from FD_BASE_URL)"), "{error}");
        assert_eq!(error.kind.exit_status(), 2);
        for url in [
            "https://me:hush@h/api",
            "ftp://me:hush@h/api",
            "me:hush@h/api",
            "https://me:hush@h x/api",
            "https://h/api?token=hush",
        ] {
            let error = root("the API's base URL", &setting(url)).unwrap_err();
            assert!(!error.message.contains("hush"), "{error}");
        }
    }
}
