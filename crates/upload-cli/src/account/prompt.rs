//! Questions to whoever sits at the terminal.

use std::io::{self, IsTerminal};

use console::Term;
use upload_proto::{PartnerId, Password};

use crate::error::{CliError, ErrorKind};

/// How often a choice is asked for again.
const TRIES: usize = 3;

/// Whether there is anybody to ask.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for the user's name.
///
/// # Errors
/// When there is no answer.
pub(crate) fn ask_user() -> Result<String, CliError> {
    let term = Term::stderr();
    let name =
        term.write_str("User: ").and_then(|()| term.read_line()).map_err(|error| unanswered(&error))?;
    match name.trim() {
        "" => {
            Err(CliError::new(ErrorKind::Usage, "no user name was given").hint("run it again, and type one"))
        }
        name => Ok(name.to_owned()),
    }
}

/// Asks for the password, without showing it.
///
/// # Errors
/// When there is no answer.
pub(crate) fn ask_password(user: &str) -> Result<Password, CliError> {
    // Unlike a plain read without echo, it leaves the terminal as it was after Ctrl-C too.
    let text =
        rpassword::prompt_password(format!("Password of {user}: ")).map_err(|error| unanswered(&error))?;
    text.try_into().map_err(|_| {
        CliError::new(ErrorKind::Usage, "no password was given").hint("run it again, and type one")
    })
}

/// Asks which partner to act for.
///
/// # Errors
/// When there is no answer that can be used.
pub(crate) fn ask_partner(partners: &[PartnerId]) -> Result<PartnerId, CliError> {
    let term = Term::stderr();
    let ask = || -> io::Result<String> {
        term.write_str(&format!("Partner [1-{} or its id]: ", partners.len()))?;
        term.read_line()
    };
    let list = || -> io::Result<()> {
        term.write_line("The account may act for:")?;
        for (number, partner) in (1..).zip(partners) {
            term.write_line(&format!("  {number}. {partner}"))?;
        }
        Ok(())
    };
    list().map_err(|error| unanswered(&error))?;
    for _ in 0..TRIES {
        let answer = ask().map_err(|error| unanswered(&error))?;
        if let Some(partner) = chosen(answer.trim(), partners) {
            return Ok(partner.clone());
        }
    }
    Err(CliError::new(ErrorKind::Usage, "no partner was chosen").hint("run it again, or give --partner"))
}

fn chosen<'a>(answer: &str, partners: &'a [PartnerId]) -> Option<&'a PartnerId> {
    let number: Option<usize> = answer.parse().ok();
    let by_number = number.and_then(|number| partners.get(number.checked_sub(1)?));
    by_number.or_else(|| partners.iter().find(|partner| partner.as_str() == answer))
}

fn unanswered(error: &io::Error) -> CliError {
    if error.kind() == io::ErrorKind::Interrupted {
        return CliError::new(ErrorKind::Cancelled, "cancelled");
    }
    CliError::new(ErrorKind::Usage, format!("the terminal gave no answer: {error}"))
        .hint("set FD_USERNAME and FD_PASSWORD, or pipe the password with --password-stdin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_is_chosen_by_number_or_by_id() {
        let partners: Vec<PartnerId> = ["fd7", "fd8"].iter().map(|id| id.parse().unwrap()).collect();
        for (answer, expected) in [("1", Some("fd7")), ("2", Some("fd8")), ("fd8", Some("fd8"))] {
            assert_eq!(chosen(answer, &partners).map(PartnerId::as_str), expected);
        }
        for wrong in ["", "0", "3", "fd9", "-1"] {
            assert_eq!(chosen(wrong, &partners), None, "{wrong}");
        }
    }
}
