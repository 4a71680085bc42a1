use std::{
    env,
    time::{Duration, Instant, SystemTime},
};

use upload_core::{Failure, Step, TransportError, TransportErrorKind};
use upload_http::AuthClient;
use upload_proto::ApiHosts;

use super::report::{Report, Verdict};
use crate::{
    commands::Session,
    error::{CliError, ErrorKind},
    output::seconds,
};

/// The checks, in their order.
pub(super) const CHECKS: &[&str] = &["dns", "connection", "status", "clock"];

/// How far this machine's clock may differ from the platform's. Presigned URLs end by the storage's clock and are given up
/// by ours, and S3 itself refuses what differs by more than 15 minutes (`RequestTimeTooSkewed`).
const SKEW_LIMIT: Duration = Duration::from_secs(300);

/// Whether the platform can be reached, and whether its clock is ours. Answers whether it is up.
pub(super) async fn check(
    session: &Session,
    hosts: &ApiHosts,
    auth: &AuthClient,
    report: &mut Report<'_>,
) -> bool {
    report.add("dns", dns(session, hosts).await);
    let (asked, sent) = (SystemTime::now(), Instant::now());
    let answer = auth.status(1).await;
    let took = sent.elapsed();
    let reached = match &answer {
        Ok(_) => true,
        Err(error) => error.status.is_some() || error.kind == TransportErrorKind::BadAnswer,
    };
    let failed =
        |error| Verdict::Failed(CliError::from(&Failure::Request { step: Step::Status, attempts: 1, error }));
    match (reached, answer) {
        (false, Ok(_)) => {}
        (false, Err(error)) => {
            report.add("connection", failed(error));
            report.add("status", Verdict::Skipped("there is no connection"));
            report.add("clock", Verdict::Skipped("there is no connection"));
        }
        (true, answer) => {
            let how = if hosts.api.is_https() { "TLS" } else { "no encryption" };
            let found = format!("to {}:{} ({how})", hosts.api.host(), hosts.api.port());
            report.add("connection", Verdict::Passed(found));
            return status(answer, asked, took, failed, report);
        }
    }
    false
}

fn status(
    answer: Result<Option<SystemTime>, TransportError>,
    asked: SystemTime,
    took: Duration,
    failed: impl FnOnce(TransportError) -> Verdict,
    report: &mut Report<'_>,
) -> bool {
    match answer {
        Err(error) => {
            report.add("status", failed(error));
            report.add("clock", Verdict::Skipped("the platform did not say its time"));
            false
        }
        Ok(server_time) => {
            report.add(
                "status",
                Verdict::Passed(format!("the platform is up, and answered in {}", seconds(took))),
            );
            report.add(
                "clock",
                match server_time {
                    None => Verdict::Skipped("the platform did not say its time"),
                    // Whole seconds are cut off, not rounded: half of one is added.
                    Some(server) => clock(server + Duration::from_millis(500), asked + took / 2),
                },
            );
            true
        }
    }
}

async fn dns(session: &Session, hosts: &ApiHosts) -> Verdict {
    let (host, port) = (hosts.api.host(), hosts.api.port());
    let found = tokio::net::lookup_host((host, port)).await.map(|addresses| {
        let mut all: Vec<String> = addresses.map(|address| address.ip().to_string()).collect();
        all.dedup();
        all
    });
    match found {
        Ok(addresses) if !addresses.is_empty() => {
            Verdict::Passed(format!("{host} is {}", addresses.join(", ")))
        }
        _ if goes_through_a_proxy(session) => Verdict::Skipped("the proxy finds the host, not this machine"),
        Ok(_) => Verdict::Failed(unknown_host(host, "the name has no address")),
        Err(error) => Verdict::Failed(unknown_host(host, &error.to_string())),
    }
}

fn unknown_host(host: &str, trouble: &str) -> CliError {
    let kind = ErrorKind::Transport(TransportErrorKind::Connect);
    CliError::new(kind, format!("the host {host} is not found: {trouble}")).hint(
        "check the base URL and this machine's name server; where a proxy is needed, name it with --proxy",
    )
}

fn goes_through_a_proxy(session: &Session) -> bool {
    let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    session.global.proxy.is_some()
        || session.settings.profile().proxy.is_some()
        || names.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn clock(server: SystemTime, ours: SystemTime) -> Verdict {
    let (skew, which) = match ours.duration_since(server) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    // An answer's date is a second wide, and takes its time.
    if skew < Duration::from_secs(2) {
        return Verdict::Passed("as the platform's".into());
    }
    let found = format!("this machine is {} {which} the platform", seconds(skew));
    if skew <= SKEW_LIMIT {
        return Verdict::Passed(found);
    }
    let error = CliError::new(ErrorKind::Settings, found);
    Verdict::Failed(
        error.hint("set this machine's clock, best by a time server (NTP): signed URLs depend on it"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_differ_by_five_minutes() {
        let server = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (ours, passes) in [(0, true), (1, true), (299, true), (301, false), (-299, true), (-301, false)] {
            let span = Duration::from_secs(i64::unsigned_abs(ours));
            let ours_is = if ours < 0 { server - span } else { server + span };
            let verdict = clock(server, ours_is);
            assert_eq!(matches!(verdict, Verdict::Passed(_)), passes, "{ours}: {verdict:?}");
        }
        let Verdict::Failed(error) = clock(server, server - Duration::from_secs(600)) else { panic!() };
        assert!(error.message.contains("10m behind") && error.hint.is_some(), "{error}");
    }
}
