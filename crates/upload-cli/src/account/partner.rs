use upload_core::TransportErrorKind;
use upload_proto::PartnerId;

use crate::error::{CliError, ErrorKind};

/// How somebody is asked to choose one of several.
pub(crate) type Ask = fn(&[PartnerId]) -> Result<PartnerId, CliError>;

/// The partner to act for: the one that was wanted, else the account's only one, else the one that `ask` comes to.
/// `None` where the account names none.
///
/// # Errors
/// When the account may not act for the one that was wanted, and when there are several and nobody to ask.
pub(crate) fn choose_partner(
    wanted: Option<PartnerId>,
    allowed: &[PartnerId],
    ask: Option<Ask>,
) -> Result<Option<PartnerId>, CliError> {
    match (wanted, allowed, ask) {
        (Some(wanted), [], _) => Ok(Some(wanted)),
        (Some(wanted), _, _) if allowed.contains(&wanted) => Ok(Some(wanted)),
        (Some(wanted), _, _) => {
            let message = format!("the account may not act for partner {wanted}");
            Err(CliError::new(ErrorKind::Transport(TransportErrorKind::Forbidden), message)
                .hint(format!("choose one of: {}", listed(allowed))))
        }
        (None, [], _) => Ok(None),
        (None, [only], _) => Ok(Some(only.clone())),
        (None, several, Some(ask)) => ask(several).map(Some),
        (None, several, None) => {
            let message = format!(
                "the account may act for {} partners, and none was chosen: {}",
                several.len(),
                listed(several)
            );
            Err(CliError::new(ErrorKind::Settings, message)
                .hint("choose one with --partner, FD_PARTNER_ID or the profile's partner"))
        }
    }
}

fn listed(partners: &[PartnerId]) -> String {
    partners.iter().map(PartnerId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(wanted: Option<&str>, allowed: &[&str], ask: Option<Ask>) -> Result<Option<String>, CliError> {
        let allowed: Vec<PartnerId> = allowed.iter().map(|partner| partner.parse().unwrap()).collect();
        let chosen = choose_partner(wanted.map(|wanted| wanted.parse().unwrap()), &allowed, ask)?;
        Ok(chosen.map(|partner| partner.as_str().to_owned()))
    }

    #[test]
    fn the_wanted_one_counts_then_the_only_one_then_the_answer() {
        let last: Ask = |several| Ok(several.last().unwrap().clone());
        assert_eq!(choose(Some("fd1"), &[], None).unwrap().unwrap(), "fd1");
        assert_eq!(choose(Some("fd2"), &["fd1", "fd2"], None).unwrap().unwrap(), "fd2");
        assert_eq!(choose(None, &["fd1"], None).unwrap().unwrap(), "fd1");
        assert_eq!(choose(None, &["fd1", "fd2"], Some(last)).unwrap().unwrap(), "fd2");
        assert_eq!(choose(None, &[], Some(last)).unwrap(), None);
    }

    #[test]
    fn a_wrong_choice_and_none_at_all_name_the_ones_there_are() {
        let wrong = choose(Some("fd3"), &["fd1", "fd2"], None).unwrap_err();
        assert_eq!(wrong.kind.exit_status(), 4);
        assert!(wrong.message.contains("fd3") && wrong.hint.unwrap().contains("fd1, fd2"));
        let none = choose(None, &["fd1", "fd2"], None).unwrap_err();
        assert_eq!(none.kind.exit_status(), 2);
        assert!(none.message.contains("fd1, fd2") && none.hint.unwrap().contains("--partner"));
    }
}
