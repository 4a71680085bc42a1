use clap::{
    Arg, ArgAction, Command,
    builder::FalseyValueParser,
    error::{ContextKind, ContextValue},
};

/// The platform documentation's own names, for the options that have one.
const DOCUMENTED: [(&str, &str); 4] = [
    ("api-url", "FD_BASE_URL"),
    ("cr-url", "FD_CR_URL"),
    ("partner", "FD_PARTNER_ID"),
    ("username", "FD_USERNAME"),
];

/// Lets every long option of every command be given in the environment, as `UPLOAD_<OPTION>` or by its documented
/// name. One place for all of them: an option added anywhere has its variable.
pub(super) fn attach(command: Command) -> Command {
    command.mut_args(with_variable).mut_subcommands(attach)
}

/// The variable that an option is taken from: the one that is set, else the one to name to people.
pub(super) fn variable(long: &str) -> String {
    let own = format!("UPLOAD_{}", long.to_uppercase().replace('-', "_"));
    let documented = DOCUMENTED.iter().find(|(option, _)| *option == long).map(|(_, name)| *name);
    match documented {
        Some(documented) if !is_set(&own) => documented.to_owned(),
        _ => own,
    }
}

fn with_variable(arg: Arg) -> Arg {
    let Some(long) = arg.get_long() else { return arg };
    let name = variable(long);
    // An empty variable is how many pipelines say "not set".
    if !is_set(&name) {
        return arg;
    }
    let arg = arg.env(name).hide_env(true);
    match arg.get_action() {
        ArgAction::SetTrue => arg.value_parser(FalseyValueParser::new()),
        _ => arg,
    }
}

/// Has the complaint about a malformed value say where the value came from, if that was the environment.
pub(super) fn name_the_variable(mut error: clap::Error) -> clap::Error {
    let (Some(ContextValue::String(argument)), Some(ContextValue::String(value))) =
        (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    else {
        return error;
    };
    let long = argument.trim_start_matches('-').split([' ', '=', '[']).next().unwrap_or_default();
    let name = variable(long);
    // Where an option may be given again, its variable holds several values with semicolons between them.
    if std::env::var(&name).is_ok_and(|set| set == *value || set.split(';').any(|one| one == value)) {
        let tip = format!("the value comes from the environment variable {name}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_the_names_that_are_documented() {
        assert_eq!(variable("part-size"), "UPLOAD_PART_SIZE");
        assert_eq!(variable("api-url"), "FD_BASE_URL");
        assert_eq!(variable("partner"), "FD_PARTNER_ID");
    }
}
