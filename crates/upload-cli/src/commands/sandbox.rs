//! `upload sandbox`: the platform's API and an S3 on this machine, until Ctrl-C.

use console::style;
use serde::Serialize;
use upload_sandbox::{
    Account, Backend, Budgets, DEMO_PACKAGE, Link, NullEtag, OpenUpload, S3Keys, S3Route, S3Store,
    SandboxConfig, SandboxHandle, SandboxTls,
};

use super::{Ending, Session};
use crate::{
    args::{ApiBudget, NullEtagChoice, OutputFormat, S3Args, SandboxArgs, StorageArgs, StorageKind, TlsArgs},
    error::{CliError, ErrorKind},
    platform::start_sandbox,
    signals,
};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum SandboxNote<'a> {
    Sandbox {
        api_url: &'a str,
        cr_url: &'a str,
        storage_url: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        storage_dir: Option<&'a std::path::Path>,
        objects: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        ca_cert: Option<&'a std::path::Path>,
        log_url: String,
        access_token: &'a str,
        partner_id: &'a str,
        username: &'a str,
        password: &'a str,
        package_id: &'a str,
    },
    LeftOpen {
        upload_id: &'a str,
        object_key: &'a str,
        parts: usize,
    },
}

pub(super) async fn run(session: &Session, args: SandboxArgs) -> Result<Ending, CliError> {
    let cancel = signals::watch(&session.screen, "stopping the sandbox")?;
    let sandbox = start_sandbox(session.global.faults.apply(config(args)?)).await?;
    announce(session, &sandbox);
    cancel.cancelled().await;
    let left_open = sandbox.shutdown().await;
    for upload in &left_open {
        tell_left_open(session, upload);
    }
    if left_open.is_empty() {
        session.reporter.say("no upload was left open");
    }
    Ok(Ending::Done)
}

fn config(args: SandboxArgs) -> Result<SandboxConfig, CliError> {
    let SandboxArgs { api_port, storage_port, dir, url_life, token_life, budget, tls, storage, link, s3 } =
        args;
    let usual = SandboxConfig::default();
    Ok(SandboxConfig {
        storage_dir: dir,
        backend: backend(&storage, s3)?,
        api_port,
        storage_port,
        tls: encryption(tls),
        link: Link {
            rate: link.link,
            rtt: link.rtt.unwrap_or_default(),
            per_connection: link.per_connection,
            slow_connections: link.slow_connection,
        },
        url_life: url_life.unwrap_or(usual.url_life),
        account: Account { token_life: token_life.unwrap_or(usual.account.token_life), ..Account::default() },
        budgets: budget.and_then(budgets),
        ..usual
    })
}

fn encryption(args: TlsArgs) -> Option<SandboxTls> {
    match (args.tls_cert, args.tls_key) {
        (Some(cert), Some(key)) => Some(SandboxTls::Files { cert, key }),
        _ => args.tls.then_some(SandboxTls::ThrowAway),
    }
}

/// The other budgets grow with the writes, in the proportion of the platform's guidance.
fn budgets(budget: ApiBudget) -> Option<Budgets> {
    let ApiBudget::Writes(writes) = budget else { return None };
    let guidance = Budgets::default();
    let scaled = |guide: u32| {
        let scaled = u64::from(writes.requests.get()) * u64::from(guide) / u64::from(guidance.writes);
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    };
    Some(Budgets {
        reads: scaled(guidance.reads),
        writes: writes.requests.get(),
        auth: scaled(guidance.auth),
        window: writes.per,
        ..guidance
    })
}

fn backend(storage: &StorageArgs, args: S3Args) -> Result<Backend, CliError> {
    if storage.storage == StorageKind::Null {
        return Ok(Backend::Null(match storage.null_etag.unwrap_or_default() {
            NullEtagChoice::MadeUp => NullEtag::MadeUp,
            NullEtagChoice::Md5 => NullEtag::Md5,
        }));
    }
    let (Some(endpoint), Some(bucket)) = (args.s3_endpoint, args.s3_bucket) else {
        return Ok(Backend::BuiltIn);
    };
    let keys = S3Keys::from_env().map_err(|variable| {
        let message = format!("{variable} is not set, so nothing can be signed for {endpoint}");
        let hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; there is no option for them, others could see it";
        CliError::new(ErrorKind::Settings, message).hint(hint)
    })?;
    let region = args.s3_region.unwrap_or_else(|| "us-east-1".into());
    let route = if args.s3_relay { S3Route::Relayed } else { S3Route::Direct };
    Ok(Backend::S3(S3Store { endpoint, bucket, region, keys, route }))
}

/// Where stored objects can be found.
fn objects(sandbox: &SandboxHandle) -> String {
    match sandbox.backend() {
        Backend::BuiltIn => sandbox.storage_dir().display().to_string(),
        Backend::Null(_) => "kept nowhere: every byte is thrown away".into(),
        Backend::S3(store) => format!("{}/{}", store.endpoint.trim_end_matches('/'), store.bucket),
    }
}

fn announce(session: &Session, sandbox: &SandboxHandle) {
    // The log stands beside the API, under the host's root.
    let host = sandbox.api_url().trim_end_matches("/api");
    let log_url = format!("{host}/_sandbox/log");
    if session.format == OutputFormat::Json {
        let note = SandboxNote::Sandbox {
            api_url: sandbox.api_url(),
            cr_url: sandbox.cr_url(),
            storage_url: sandbox.storage_url(),
            storage_dir: matches!(sandbox.backend(), Backend::BuiltIn).then(|| sandbox.storage_dir()),
            objects: objects(sandbox),
            ca_cert: sandbox.ca_cert(),
            log_url,
            access_token: sandbox.access_token(),
            partner_id: sandbox.partner_id(),
            username: sandbox.username(),
            password: sandbox.password(),
            package_id: DEMO_PACKAGE,
        };
        session.event(&note, Vec::new);
        return;
    }
    let places = [
        ("API", sandbox.api_url().to_owned()),
        ("CR API", sandbox.cr_url().to_owned()),
        ("storage", sandbox.storage_url().to_owned()),
        ("objects", objects(sandbox)),
        ("log", log_url),
        ("account", format!("{}, password {}", sandbox.username(), sandbox.password())),
        ("package", format!("{DEMO_PACKAGE}, with a customer list to download")),
    ];
    session.screen.note(&format!("{}\n", style("The sandbox runs until Ctrl-C.").bold().for_stderr()));
    for (what, place) in places {
        session.screen.note(&format!("  {} {place}", style(format!("{what:<8}")).cyan().for_stderr()));
    }
    if let Some(path) = sandbox.ca_cert() {
        session.screen.note(&format!("  {} {}", style("CA      ").cyan().for_stderr(), path.display()));
        session
            .screen
            .note("\nIts certificate is good for this start alone: give --ca-cert to each command.");
    }
    session.screen.note("\nTo use it, in another shell:\n");
    let exports = [
        ("FD_BASE_URL", sandbox.api_url()),
        ("FD_CR_URL", sandbox.cr_url()),
        ("FD_ACCESS_TOKEN", sandbox.access_token()),
        ("FD_PARTNER_ID", sandbox.partner_id()),
    ];
    for (name, value) in exports {
        session.screen.result(&format!("export {name}={value}"));
    }
    session.screen.note("");
}

fn tell_left_open(session: &Session, upload: &OpenUpload) {
    let OpenUpload { upload_id, object_key, parts, .. } = upload;
    if session.format == OutputFormat::Json {
        session.event(&SandboxNote::LeftOpen { upload_id, object_key, parts: *parts }, Vec::new);
        return;
    }
    let label = style("left open:").yellow().bold().for_stderr();
    session.screen.note(&format!(
        "{label} {object_key} (upload id {upload_id}, {parts} part(s) stored): abort an upload that is given up"
    ));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn all_budgets_follow_the_writes() {
        let read = |text: &str| budgets(text.parse().unwrap());
        assert_eq!(read("120/min"), Some(Budgets::default()));
        let small = read("12/5s").unwrap();
        assert_eq!((small.reads, small.writes, small.auth), (60, 12, 1));
        assert_eq!(small.window, Duration::from_secs(5));
        assert_eq!(read("1/s").map(|one| one.auth), Some(1), "nobody could sign in with 0");
        assert_eq!(read("off"), None);
    }
}
