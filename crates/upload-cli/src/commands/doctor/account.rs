use std::time::Duration;

use upload_core::TransportErrorKind;
use upload_http::Claims;
use upload_proto::ApiHosts;

use super::report::{Report, Verdict};
use crate::{
    account::Source,
    commands::{Session, whoami},
    error::{CliError, ErrorKind},
    output::seconds,
    platform::{Platform, Target},
};

/// The checks, in their order.
pub(super) const CHECKS: &[&str] = &["token", "partner"];

/// Whether there is a token with life in it, and whether the platform accepts it together with the partner.
pub(super) async fn check(
    session: &Session,
    hosts: &ApiHosts,
    sandbox: Option<&Platform>,
    is_up: bool,
    report: &mut Report<'_>,
) {
    let token = match sandbox {
        Some(_) => Verdict::Passed("that of the sandbox".into()),
        None => token(session, hosts),
    };
    let has_token = matches!(token, Verdict::Passed(_));
    report.add("token", token);
    let partner = match (has_token, is_up, sandbox) {
        (false, ..) => Verdict::Skipped("there is no token"),
        (_, false, _) => Verdict::Skipped("the platform is not up"),
        (.., Some(sandbox)) => verdict(ask(sandbox).await),
        (.., None) => verdict(connect_and_ask(session).await),
    };
    report.add("partner", partner);
}

fn token(session: &Session, hosts: &ApiHosts) -> Verdict {
    let source = match Source::find(&session.settings, &hosts.api) {
        Ok(source) => source,
        Err(error) => return Verdict::Failed(error),
    };
    let (origin, left, renewable) = match source {
        Source::SignIn { user, .. } => {
            return Verdict::Passed(format!(
                "none yet; user '{user}' signs in by FD_USERNAME and FD_PASSWORD"
            ));
        }
        Source::Given { token, refresh_token, origin } => {
            let end = Claims::of_access_token(&token).and_then(|claims| claims.expires_at());
            let left = end.map(|end| end.duration_since(std::time::SystemTime::now()).unwrap_or_default());
            (origin.to_string(), left, refresh_token.is_some())
        }
        Source::Kept(kept) => {
            let (user, left) = (&kept.identity.user, kept.expires_in());
            let origin =
                format!("the session of profile '{}' (user '{user}')", session.settings.profile_name());
            (origin, left, kept.session.refresh_token.is_some())
        }
    };
    let renewed = if renewable { ", and is renewed by itself" } else { ", and nothing renews it" };
    match left {
        None => Verdict::Passed(format!("from {origin}; when it ends is unknown{renewed}")),
        Some(Duration::ZERO) if renewable => {
            Verdict::Passed(format!("from {origin}; it has ended, and is renewed by itself"))
        }
        Some(Duration::ZERO) => {
            let kind = ErrorKind::Transport(TransportErrorKind::Unauthorized);
            Verdict::Failed(
                CliError::new(kind, format!("the token from {origin} has ended"))
                    .hint("sign in again (upload login), or set a fresh FD_ACCESS_TOKEN"),
            )
        }
        Some(left) => Verdict::Passed(format!("from {origin}; it ends in {}{renewed}", seconds(left))),
    }
}

async fn connect_and_ask(session: &Session) -> Result<String, CliError> {
    let (settings, global) = (&session.settings, &session.global);
    let platform =
        Target::resolve(settings, global)?.connect(settings, global, crate::platform::Load::light(1)).await?;
    ask(&platform).await
}

async fn ask(platform: &Platform) -> Result<String, CliError> {
    whoami::ask(platform).await.map_err(|failure| CliError::from(&failure))?;
    Ok(format!("the platform accepts the token for {}", platform.account.partner))
}

fn verdict(result: Result<String, CliError>) -> Verdict {
    result.map_or_else(Verdict::Failed, Verdict::Passed)
}
