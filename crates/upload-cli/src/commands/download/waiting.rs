use std::time::Duration;

use tokio::time::Instant;
use upload_proto::PackageStatus;

use crate::error::{CliError, ErrorKind};

/// How often a package is looked at; the platform's guidance is no faster than this (package builder page).
pub(super) const INTERVAL: Duration = Duration::from_secs(3);

/// How long somebody is willing to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) no_wait: bool,
    pub(super) limit: Option<Duration>,
}

/// Looks at the package again and again until it is done. `seen` is told every status, and whether it is another than
/// before.
///
/// # Errors
/// When the package fails or expires, is not done in time, or cannot be looked at.
pub(super) async fn until_done(
    package: &str,
    patience: Patience,
    look: impl AsyncFn() -> Result<PackageStatus, CliError>,
    mut seen: impl FnMut(&PackageStatus, bool),
) -> Result<(), CliError> {
    let began = Instant::now();
    let mut last = None;
    loop {
        let status = look().await?;
        seen(&status, last.as_ref() != Some(&status));
        match status {
            PackageStatus::Done => return Ok(()),
            PackageStatus::Failed => {
                let message =
                    format!("package '{package}' has failed on the platform: it has no customer list");
                return Err(CliError::new(ErrorKind::Package, message)
                    .hint("have the platform build a new package, and download that one"));
            }
            PackageStatus::Expired => {
                let message =
                    format!("package '{package}' has expired: the platform no longer has its customer list");
                return Err(CliError::new(ErrorKind::Package, message)
                    .hint("have the platform build the package anew, and download that one"));
            }
            under_way => {
                // From the answer on, which is the latest moment that the platform may have counted the question at.
                let next = Instant::now() + INTERVAL;
                let is_late = patience.limit.is_some_and(|limit| next > began + limit);
                if patience.no_wait || is_late {
                    return Err(not_ready(package, &under_way, patience));
                }
                last = Some(under_way);
                tokio::time::sleep_until(next).await;
            }
        }
    }
}

fn not_ready(package: &str, status: &PackageStatus, patience: Patience) -> CliError {
    let (still, hint) = match (patience.no_wait, patience.limit) {
        (false, Some(limit)) => (
            format!("still not done after {}", humantime::format_duration(limit)),
            "run the same command again later, or give it a longer --wait-limit",
        ),
        _ => (
            "not done yet".to_owned(),
            "run the same command again later, or let it wait (without --no-wait)",
        ),
    };
    CliError::new(ErrorKind::NotReady, format!("package '{package}' is {still}: {}", status.as_str()))
        .hint(hint)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    use PackageStatus::{Done, Expired, Failed, InProgress, Initializing};

    /// How the wait ends when the package shows these statuses one after the other, how often it was looked at, and how
    /// long that took.
    async fn waited(patience: Patience, statuses: &[PackageStatus]) -> (Option<ErrorKind>, usize, Duration) {
        let looks = Cell::new(0);
        let look = async || {
            let status = statuses[looks.get().min(statuses.len() - 1)].clone();
            looks.set(looks.get() + 1);
            Ok(status)
        };
        let began = Instant::now();
        let ended = until_done("p", patience, look, |_, _| {}).await;
        (ended.err().map(|error| error.kind), looks.get(), began.elapsed())
    }

    const PATIENT: Patience = Patience { no_wait: false, limit: None };

    #[tokio::test(start_paused = true)]
    async fn a_package_is_looked_at_every_three_seconds_until_it_is_done() {
        let unknown = PackageStatus::Other("PAUSED".into());
        let ended = waited(PATIENT, &[Initializing, unknown, InProgress, Done]).await;
        assert_eq!((ended.0, ended.1), (None, 4));
        assert!(ended.2 >= INTERVAL * 3, "{:?}", ended.2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_package_that_will_never_have_a_list_ends_the_wait() {
        for end in [Failed, Expired] {
            assert_eq!(waited(PATIENT, &[InProgress, end]).await.0, Some(ErrorKind::Package));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_want_to_wait_is_told_that_it_is_not_ready() {
        let impatient = Patience { no_wait: true, limit: None };
        assert_eq!(waited(impatient, &[InProgress]).await, (Some(ErrorKind::NotReady), 1, Duration::ZERO));
        assert_eq!(waited(impatient, &[Done]).await.0, None);
        let limited = Patience { no_wait: false, limit: Some(Duration::from_secs(7)) };
        let (kind, looks, took) = waited(limited, &[InProgress]).await;
        assert_eq!((kind, looks), (Some(ErrorKind::NotReady), 3));
        assert!(took <= Duration::from_secs(7), "no wait is begun that could not end in time");
    }

    #[tokio::test(start_paused = true)]
    async fn a_status_is_news_only_the_first_time() {
        let looks = Cell::new(0);
        let statuses = [Initializing, InProgress, InProgress, Done];
        let look = async || {
            looks.set(looks.get() + 1);
            Ok(statuses[looks.get() - 1].clone())
        };
        let mut news = Vec::new();
        until_done("p", PATIENT, look, |_, is_news| news.push(is_news)).await.unwrap();
        assert_eq!(news, [true, true, false, true]);
    }
}
