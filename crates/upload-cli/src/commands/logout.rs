//! `upload logout`: forgets the profile's session.

use serde::Serialize;

use super::{Ending, Session};
use crate::{
    account::{lock, variable},
    error::CliError,
};

#[derive(Serialize)]
#[serde(tag = "event", rename = "logout")]
struct LogoutNote<'a> {
    profile: &'a str,
    /// Whether there was a session.
    signed_out: bool,
}

pub(super) async fn run(session: &Session) -> Result<Ending, CliError> {
    let (settings, profile) = (&session.settings, session.settings.profile_name());
    let file = settings.session_file();
    // Without a folder there is nothing to lock, and nothing to forget.
    let _lock = match file.folder().exists() && !session.global.sandbox {
        true => lock(&file).await,
        false => None,
    };
    let signed_out = !session.global.sandbox
        && file.remove().map_err(|error| {
            CliError::io("removing the session", &file.path(), &error).hint("remove it by hand")
        })?;
    session.event(&LogoutNote { profile, signed_out }, || {
        vec![match signed_out {
            true => format!("signed out of profile '{profile}': its tokens are forgotten on this machine"),
            false if session.global.sandbox => {
                "a sandbox keeps no session: there is nothing to forget".into()
            }
            false => format!("profile '{profile}' was not signed in"),
        }]
    });
    if variable("FD_ACCESS_TOKEN").is_some() {
        session.reporter.say("note: FD_ACCESS_TOKEN is still set");
    }
    Ok(Ending::Done)
}
