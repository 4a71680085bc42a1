//! `cargo xtask ci`: everything a change has to pass, in one command.

use std::time::Instant;

use anyhow::{Result, bail};
use clap::ValueEnum;
use xshell::{Shell, cmd};

use crate::{deny, examples, tidy};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leave these steps out
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    skip: Vec<Step>,
    /// Run these steps and no others
    #[arg(long, value_name = "STEP", value_delimiter = ',', conflicts_with = "skip")]
    only: Vec<Step>,
}

/// The steps, in the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting, checked and not changed
    Fmt,
    /// What the compiler does not check
    Tidy,
    /// Lints over every target, warnings denied
    Clippy,
    /// Unit, integration and documentation tests
    Test,
    /// Documentation, warnings and missing items denied
    Doc,
    /// Every example, built and run
    Examples,
    /// Licences, banned crates and sources of all dependencies
    Deny,
}

impl Step {
    fn run(self, sh: &Shell) -> Result<()> {
        match self {
            Self::Fmt => {
                cmd!(sh, "cargo fmt --all --check").run()?;
                // What the benchmark runs is a workspace of its own.
                cmd!(sh, "cargo fmt --manifest-path xtask/bench/Cargo.toml --check").run()?;
            }
            Self::Clippy => {
                cmd!(sh, "cargo clippy --locked --workspace --all-targets -- -D warnings").run()?;
            }
            Self::Test => cmd!(sh, "cargo test --locked --workspace").run()?,
            Self::Doc => tidy::document(sh).run()?,
            Self::Examples => examples::run(sh)?,
            Self::Deny => deny::run(sh)?,
            Self::Tidy => tidy::run(sh)?,
        }
        Ok(())
    }

    /// What to do when the step has failed.
    fn remedy(self) -> &'static str {
        match self {
            Self::Fmt => "run `cargo fmt --all`",
            Self::Clippy => "mend what clippy names above; `cargo clippy --fix --workspace` does some of it",
            Self::Test => "run the failing test alone with `cargo test -p PACKAGE NAME -- --nocapture`",
            Self::Doc => "document or mend the items named above; `cargo doc --open` shows the result",
            Self::Examples => "run the example named above alone with `cargo run -p PACKAGE --example NAME`",
            Self::Deny => "see deny.toml: replace the dependency, or allow it there and say why",
            Self::Tidy => "mend the places named above; CONTRIBUTING.md says why each rule is there",
        }
    }

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

fn chosen(args: &Args) -> Vec<Step> {
    let wanted = |step: &Step| match args.only.as_slice() {
        [] => !args.skip.contains(step),
        only => only.contains(step),
    };
    Step::value_variants().iter().copied().filter(wanted).collect()
}

/// Runs the chosen steps in order.
///
/// # Errors
/// At the first step that fails, with what to do next.
pub(crate) fn run(sh: &Shell, args: &Args) -> Result<()> {
    let all = Instant::now();
    for step in chosen(args) {
        let name = step.name();
        eprintln!("==> {name}");
        let start = Instant::now();
        let outcome = step.run(sh);
        let seconds = start.elapsed().as_secs_f64();
        if let Err(error) = outcome {
            bail!(
                "{name} failed after {seconds:.1} s: {error:#}\n  next: {}\n  then: cargo xtask ci --only {name}",
                step.remedy()
            );
        }
        eprintln!("<== {name}: ok, {seconds:.1} s");
    }
    eprintln!("ci: all steps passed in {:.1} s", all.elapsed().as_secs_f64());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(skip: &[Step], only: &[Step]) -> Vec<String> {
        chosen(&Args { skip: skip.to_vec(), only: only.to_vec() }).into_iter().map(Step::name).collect()
    }

    #[test]
    fn steps_keep_their_order_whichever_are_chosen() {
        assert_eq!(names(&[], &[]), ["fmt", "tidy", "clippy", "test", "doc", "examples", "deny"]);
        assert_eq!(names(&[Step::Test, Step::Deny], &[]), ["fmt", "tidy", "clippy", "doc", "examples"]);
        assert_eq!(names(&[], &[Step::Tidy, Step::Fmt]), ["fmt", "tidy"]);
    }

    #[test]
    fn a_failing_step_stops_the_run_and_names_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let sh = Shell::new().unwrap();
        sh.change_dir(folder.path());
        // There is no `crates` folder to find examples in.
        let args = Args { skip: vec![], only: vec![Step::Examples, Step::Deny] };
        let error = run(&sh, &args).unwrap_err().to_string();
        assert!(error.starts_with("examples failed after"), "{error}");
        assert!(error.contains("cargo run -p") && error.contains("--only examples"), "{error}");
    }
}
