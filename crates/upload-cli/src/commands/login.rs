//! `upload login`: signs in, and keeps the session for the profile.

use std::io::{self, Read};

use serde::Serialize;
use upload_http::{AuthClient, SavedSession};
use upload_proto::{ApiHosts, PartnerId, Password};
use upload_sandbox::SandboxConfig;

use super::{Ending, Session};
use crate::{
    account::{
        Ask, Identity, KeptSession, ask_partner, ask_password, ask_user, can_ask, choose_partner, lock,
        partners_of, password_of, sign_in, variable,
    },
    args::{Given, LoginArgs},
    error::{CliError, ErrorKind},
    output::seconds,
    platform::{hosts_of, start_sandbox},
    settings::place,
};

/// The longest password that is read, in bytes: more is no password but the wrong file.
const MAX_PASSWORD: u64 = 4096;

#[derive(Serialize)]
#[serde(tag = "event", rename = "login")]
struct LoginNote<'a> {
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<&'a str>,
    partners: Vec<&'a str>,
    profile: &'a str,
    api_url: &'a str,
    expires_in_seconds: u64,
    /// Whether it can be renewed when the token ends.
    renewable: bool,
    /// Whether it is kept for the profile; that of a sandbox is not.
    kept: bool,
}

pub(super) async fn run(session: &Session, args: LoginArgs) -> Result<Ending, CliError> {
    let (settings, global) = (&session.settings, &session.global);
    if global.sandbox {
        return try_out(session, args).await;
    }
    let hosts = place::hosts(settings, global)?;
    let wanted = place::partner(settings, global)?.map(|partner| partner.value);
    let user = user(args.username)?;
    let password = if args.password_stdin { read_password(io::stdin().lock()) } else { password(&user) }?;
    let signed_in = begin(session, hosts, user, password, wanted).await?;

    let file = settings.make_session_file()?;
    let _lock = lock(&file).await;
    file.write(&signed_in).map_err(|error| CliError::io("keeping the session", &file.path(), &error))?;
    report(session, &signed_in, true);
    tell_what_goes_before_it(session);
    Ok(Ending::Done)
}

/// The same with a sandbox, which ends with the command: its session is shown and not kept.
async fn try_out(session: &Session, args: LoginArgs) -> Result<Ending, CliError> {
    place::refuse_with_sandbox(&session.settings)?;
    // A name from the environment belongs to the real platform.
    let typed = session.settings.sources().of("username") == Some(Given::Flag);
    let sandbox = start_sandbox(session.global.faults.apply(SandboxConfig::default())).await?;
    let user = args.username.filter(|_| typed).unwrap_or_else(|| sandbox.username().to_owned());
    let password = match args.password_stdin {
        true => read_password(io::stdin().lock())?,
        false => password_of(sandbox.password().to_owned())?,
    };
    let signed_in = begin(session, hosts_of(&sandbox)?, user, password, None).await;
    sandbox.shutdown().await;
    report(session, &signed_in?, false);
    session.reporter.say("the sandbox ends with this command: its session is not kept");
    Ok(Ending::Done)
}

/// Signs in, and finds the partner to act for.
async fn begin(
    session: &Session,
    hosts: ApiHosts,
    user: String,
    password: Password,
    wanted: Option<PartnerId>,
) -> Result<KeptSession, CliError> {
    let (settings, global) = (&session.settings, &session.global);
    let network = settings.network(global, 1)?;
    let auth = AuthClient::new(hosts.clone(), &network)?.paced(settings.pace(global));
    let signed_in = sign_in(&auth, &user, password).await?;
    let partners = signed_in.id_token.as_ref().map(partners_of).unwrap_or_default();
    let ask: Option<Ask> = can_ask().then_some(ask_partner);
    Ok(KeptSession {
        partner: choose_partner(wanted, &partners, ask)?,
        session: SavedSession::signed_in(&signed_in),
        id_token: signed_in.id_token,
        identity: Identity { api: hosts.api, user },
    })
}

fn report(session: &Session, signed_in: &KeptSession, kept: bool) {
    let (profile, partners) = (session.settings.profile_name(), signed_in.partners());
    let life = signed_in.session.expires_in.unwrap_or_default();
    let note = LoginNote {
        user: &signed_in.identity.user,
        partner: signed_in.partner.as_ref().map(PartnerId::as_str),
        partners: partners.iter().map(PartnerId::as_str).collect(),
        profile,
        api_url: signed_in.identity.api.as_str(),
        expires_in_seconds: life.as_secs(),
        renewable: signed_in.session.refresh_token.is_some(),
        kept,
    };
    session.event(&note, || {
        let partner = note.partner.map(|partner| format!(" for {partner}")).unwrap_or_default();
        let renewed = if note.renewable { ", renewed by itself" } else { "" };
        let life = seconds(life);
        vec![format!("signed in as {}{partner} (profile '{profile}', token for {life}{renewed})", note.user)]
    });
    if note.partner.is_none() {
        session.reporter.say("note: the account names no partner; give one with --partner or FD_PARTNER_ID");
    }
}

fn tell_what_goes_before_it(session: &Session) {
    let other = if variable("FD_ACCESS_TOKEN").is_some() {
        Some("FD_ACCESS_TOKEN")
    } else {
        session.settings.profile().access_token_file.as_ref().map(|_| "the profile's access_token_file")
    };
    if let Some(other) = other {
        let note = format!("note: {other} goes before this session; take it away to use the session");
        session.reporter.say(&note);
    }
}

fn user(given: Option<String>) -> Result<String, CliError> {
    match given.filter(|name| !name.is_empty()) {
        Some(name) => Ok(name),
        None if can_ask() => ask_user(),
        None => Err(CliError::new(ErrorKind::Usage, "no user name, and no terminal to ask on")
            .hint("set FD_USERNAME, or give --username")),
    }
}

fn password(user: &str) -> Result<Password, CliError> {
    match variable("FD_PASSWORD") {
        Some(text) => password_of(text),
        None if can_ask() => ask_password(user),
        None => Err(CliError::new(ErrorKind::Usage, "no password, and no terminal to ask on").hint(
            "pipe it with --password-stdin, or set FD_PASSWORD (never as an option: others could see it)",
        )),
    }
}

/// The first line, whole: a password may begin and end with blanks.
fn read_password(source: impl Read) -> Result<Password, CliError> {
    let mut text = String::new();
    let read = source.take(MAX_PASSWORD + 1).read_to_string(&mut text);
    let trouble = match read {
        Err(error) => Some(format!("standard input cannot be read as a password: {}", error.kind())),
        Ok(_) if text.len() as u64 > MAX_PASSWORD => {
            Some(format!("standard input has more than {MAX_PASSWORD} bytes"))
        }
        Ok(_) => None,
    };
    if let Some(trouble) = trouble {
        return Err(
            CliError::new(ErrorKind::Usage, trouble).hint("pipe the password alone into upload login")
        );
    }
    let line = text.lines().next().unwrap_or_default();
    password_of(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_whole() {
        for (piped, password) in [(" a b \n", " a b "), ("x\r\n", "x"), ("x", "x"), ("x\nrest", "x")] {
            assert_eq!(read_password(piped.as_bytes()).unwrap().expose(), password);
        }
    }

    #[test]
    fn what_is_no_password_is_refused_without_being_quoted() {
        let long = "s3cret".repeat(1000);
        for bad in [&b""[..], b"\n", b"s3cret\xff", long.as_bytes()] {
            let error = read_password(bad).unwrap_err();
            assert_eq!(error.kind.exit_status(), 2);
            assert!(!error.message.contains("s3cret"), "{error}");
        }
    }
}
