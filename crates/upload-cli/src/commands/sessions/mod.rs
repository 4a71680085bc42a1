//! `upload sessions`: the uploads that this machine has begun and not finished.

mod abort;
mod list;
mod prune;

pub(super) use self::abort::foreign;
use super::{Ending, Session as Command, put};
use crate::{
    args::{PutArgs, ResumeArgs, SessionsArgs, SessionsCommand, WhichArgs},
    error::{CliError, ErrorKind},
    journal::{Journals, Session, open_sessions},
};

const ON_SIGNAL: &str = "stopping after this one (once more to leave at once)";

pub(super) async fn run(command: &Command, args: SessionsArgs) -> Result<Ending, CliError> {
    let journals = Journals::of(&command.settings.folders);
    match args.command {
        SessionsCommand::List => list::run(command, &journals),
        SessionsCommand::Resume(ResumeArgs { which, concurrency, limit_rate }) => {
            let chosen = chosen(command, &journals, &which)?;
            let args = PutArgs { no_preflight: true, concurrency, limit_rate, ..PutArgs::default() };
            match chosen.is_empty() {
                true => Ok(nothing(command)),
                false => put::resume(command, &args, chosen).await,
            }
        }
        SessionsCommand::Abort(args) => match chosen(command, &journals, &args.which)? {
            none if none.is_empty() => Ok(nothing(command)),
            chosen => abort::run(command, &journals, chosen).await,
        },
        SessionsCommand::Prune(args) => prune::run(command, &journals, args.force).await,
    }
}

fn nothing(command: &Command) -> Ending {
    command.reporter.say("there is no unfinished upload");
    Ending::Done
}

/// The sessions that were named.
fn chosen(command: &Command, journals: &Journals, which: &WhichArgs) -> Result<Vec<Session>, CliError> {
    if which.all {
        return open_sessions(&command.settings.folders);
    }
    let mut known = journals.list()?;
    let mut places = Vec::new();
    for wanted in &which.ids {
        let fitting =
            known.iter().enumerate().filter(|(_, session)| session.id.as_str().starts_with(wanted.as_str()));
        let fitting: Vec<usize> = fitting.map(|(place, _)| place).collect();
        match fitting[..] {
            [place] if !wanted.is_empty() => places.push(place),
            [] => {
                return Err(CliError::new(ErrorKind::Usage, format!("there is no session '{wanted}'"))
                    .hint("upload sessions list shows those there are"));
            }
            _ => {
                let message = format!("'{wanted}' fits {} sessions", fitting.len());
                return Err(CliError::new(ErrorKind::Usage, message).hint("give more of the id"));
            }
        }
    }
    let mut place = 0..;
    known.retain(|_| place.next().is_some_and(|place| places.contains(&place)));
    Ok(known)
}
