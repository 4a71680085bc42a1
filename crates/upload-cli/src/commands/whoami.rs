//! `upload whoami`: who the platform takes us for, and whether it accepts that.

use std::time::Duration;

use serde::Serialize;
use upload_core::{Attempts, Delivery, Failure, RetryPolicy, Step};
use upload_http::TokioClock;
use upload_proto::PartnerId;

use super::{Ending, Session};
use crate::{
    account::{Account, TokenOrigin},
    error::CliError,
    output::seconds,
    platform::{Platform, Target},
};

#[derive(Serialize)]
#[serde(tag = "event", rename = "whoami")]
struct WhoamiNote<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    partner: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    partners: Vec<&'a str>,
    profile: &'a str,
    api_url: String,
    token_source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_seconds: Option<u64>,
    renewable: bool,
    /// What the platform says to token and partner.
    accepted: bool,
}

pub(super) async fn run(session: &Session) -> Result<Ending, CliError> {
    let (settings, global) = (&session.settings, &session.global);
    let platform =
        Target::resolve(settings, global)?.connect(settings, global, crate::platform::Load::light(1)).await?;
    let asked = ask(&platform).await;
    report(session, &platform, asked.is_ok());
    platform.close().await;
    asked.map(|()| Ending::Done).map_err(|failure| CliError::from(&failure))
}

/// Asks the platform whether it accepts token and partner.
pub(super) async fn ask(platform: &Platform) -> Result<(), Failure> {
    let attempts = Attempts {
        clock: &TokioClock,
        policy: RetryPolicy::default(),
        delivery: Delivery::AtLeastOnce,
        step: Step::Partners,
        seed: fastrand::u64(..),
    };
    attempts.run(|_| (), |attempt| platform.api.partners(attempt)).await.map(|((), _)| ())
}

fn report(session: &Session, platform: &Platform, accepted: bool) {
    let account = &platform.account;
    let expires_in = account.expires_in();
    let note = WhoamiNote {
        user: account.user.as_deref(),
        partner: account.partner.as_str(),
        partners: account.partners.iter().map(PartnerId::as_str).collect(),
        profile: session.settings.profile_name(),
        api_url: platform.hosts.api.as_str().to_owned(),
        token_source: account.origin.name(),
        expires_in_seconds: expires_in.map(|left| left.as_secs()),
        renewable: account.session.is_some(),
        accepted,
    };
    session.event(&note, || {
        let lines = [
            ("user", note.user.unwrap_or("unknown: the token does not say").to_owned()),
            ("partner", note.partner.to_string()),
            ("platform", note.api_url.clone()),
            ("token", token(account, expires_in)),
            ("accepted", if accepted { "yes" } else { "no" }.to_owned()),
        ];
        lines.into_iter().map(|(name, value)| format!("{:<10}{value}", format!("{name}:"))).collect()
    });
}

/// Where the token comes from and how long it lives.
pub(super) fn token(account: &Account, expires_in: Option<Duration>) -> String {
    let life = match expires_in {
        None if account.origin == TokenOrigin::Sandbox => "which ends with this command".to_owned(),
        None => "its end unknown".to_owned(),
        Some(Duration::ZERO) => "ended".to_owned(),
        Some(left) => format!("ends in {}", seconds(left)),
    };
    let renewed = match (&account.session, &account.origin) {
        (Some(_), _) => ", renewed by itself",
        (None, TokenOrigin::Sandbox) => "",
        (None, _) => ", not renewed",
    };
    format!("from {}, {life}{renewed}", account.origin)
}
