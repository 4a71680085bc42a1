//! `upload doctor`: whether everything is in place, one line a check, and what to do where it is not.

mod account;
mod network;
mod report;
mod state;

use upload_http::AuthClient;
use upload_proto::ApiHosts;

use self::report::{Report, Verdict};
use super::{Ending, Session};
use crate::{
    error::CliError,
    platform::{Load, Platform, Target},
    settings::{Setting, place},
};

pub(super) async fn run(session: &Session) -> Result<Ending, CliError> {
    let mut report = Report::new(session);
    let sandbox = match session.global.sandbox {
        true => Some(
            Target::resolve(&session.settings, &session.global)?
                .connect(&session.settings, &session.global, Load::light(1))
                .await?,
        ),
        false => None,
    };
    match find(session, sandbox.as_ref()) {
        Ok((found, hosts, auth)) => {
            report.add("settings", Verdict::Passed(found));
            let is_up = network::check(session, &hosts, &auth, &mut report).await;
            account::check(session, &hosts, sandbox.as_ref(), is_up, &mut report).await;
        }
        Err(error) => {
            report.add("settings", Verdict::Failed(error));
            for check in network::CHECKS.iter().chain(account::CHECKS) {
                report.add(check, Verdict::Skipped("the settings come first"));
            }
        }
    }
    state::check(session, &mut report);
    if let Some(sandbox) = sandbox {
        sandbox.close().await;
    }
    Ok(report.end())
}

/// What the settings say, and clients by them.
fn find(session: &Session, sandbox: Option<&Platform>) -> Result<(String, ApiHosts, AuthClient), CliError> {
    let (settings, global) = (&session.settings, &session.global);
    let (hosts, origin) = match sandbox {
        Some(sandbox) => (sandbox.hosts.clone(), "a sandbox inside this process".to_owned()),
        None => {
            let hosts = place::hosts(settings, global)?;
            let origin = place::api_url(settings, global).map(|Setting { origin, .. }| origin.to_string());
            (hosts, origin.unwrap_or_default())
        }
    };
    let auth = AuthClient::new(hosts.clone(), &settings.network(global, 1)?)?.paced(settings.pace(global));
    let file = match settings.config_path().exists() {
        true => settings.config_path().display().to_string(),
        false => format!("{}, which is not there", settings.config_path().display()),
    };
    let found = format!("{} ({origin}); profile '{}' of {file}", hosts.api, settings.profile_name());
    Ok((found, hosts, auth))
}
