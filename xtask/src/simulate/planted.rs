//! Whether the simulation would notice: each safeguard is taken out of a copy of the sources, once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use xshell::Shell;

use super::{
    FROM, SEEDS, TEST,
    table::{PLANTED, Planted},
    tests,
};
use crate::workspace::{self, SourceFile};

/// As many as an ordinary test run tells.
const SEEDS_EACH: &str = "2000";
/// Few seeds, and built anew for each: optimising takes longer than it saves.
const PROFILE: &str = "dev";
/// What the simulation says of a story that went wrong.
const FOUND: &str = "simulation: seed ";

/// Runs the simulation of the sources as they are, which has to pass, and of the sources without each of the safeguards, which
/// have to be found out.
///
/// # Errors
/// When one is not, when the sources do not have what is to be taken out, or when they cannot be built without it.
pub(super) fn run(sh: &Shell, target: &Path) -> Result<()> {
    let copy = Copy::make(sh, target.join("planted"))?;
    // Cargo tells the copy's crates from the workspace's own by their times alone: built into one folder, a later test of the
    // workspace could be given a crate without its safeguard.
    let target = &target.join("planted-build");
    let (passes, output) = copy.simulate(sh, target)?;
    ensure!(passes, "the simulation fails with nothing taken out:\n{output}");
    let mut missed = Vec::new();
    for planted in PLANTED {
        let original = copy.plant(planted)?;
        let told = copy.simulate(sh, target);
        fs::write(copy.path(planted), original)?;
        let (passes, output) = told.with_context(|| format!("\"{}\" does not build", planted.name))?;
        match found(&output).filter(|_| !passes) {
            Some(seed) => eprintln!("found out: {} ({seed})", planted.name),
            None => {
                eprintln!("NOT FOUND OUT: {}\n{output}", planted.name);
                missed.push(planted.name);
            }
        }
    }
    if !missed.is_empty() {
        bail!("{SEEDS_EACH} seeds did not find out: {}", missed.join(", "));
    }
    eprintln!("all {} were found out", PLANTED.len());
    Ok(())
}

/// The seed that found it, and what it found.
fn found(output: &str) -> Option<String> {
    let (_, after) = output.split_once(FOUND)?;
    let mut lines = after.lines();
    let place = lines.next()?;
    Some(format!("seed {place} {}", lines.next().unwrap_or_default().trim()))
}

/// The sources, where they can be changed.
struct Copy(PathBuf);

impl Copy {
    fn make(sh: &Shell, folder: PathBuf) -> Result<Self> {
        // What was deleted since the last time must not stay.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for SourceFile { path, text } in workspace::source_files(sh)? {
            let to = folder.join(path);
            let parent = to.parent().context("it lies below the folder")?;
            fs::create_dir_all(parent)?;
            fs::write(&to, text).with_context(|| format!("cannot write {}", to.display()))?;
        }
        Ok(Self(folder))
    }

    fn path(&self, planted: &Planted) -> PathBuf {
        self.0.join(planted.file)
    }

    /// Takes a safeguard out; answers with the file as it was.
    fn plant(&self, planted: &Planted) -> Result<String> {
        let original = fs::read_to_string(self.path(planted))?;
        fs::write(self.path(planted), planted.apply(&original)?)?;
        Ok(original)
    }

    /// Whether the simulation passes, and what it says.
    fn simulate(&self, sh: &Shell, target: &Path) -> Result<(bool, String)> {
        tests(sh, PROFILE, &self.0, target).arg("--no-run").quiet().ignore_stderr().run()?;
        let told = tests(sh, PROFILE, &self.0, target).args(["--", "--exact", TEST, "--nocapture"]);
        let told = told.env(FROM, "0").env(SEEDS, SEEDS_EACH).env("RUST_BACKTRACE", "0");
        let output = told.quiet().ignore_status().output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
    }
}

impl Planted {
    /// The file without the safeguard.
    ///
    /// # Errors
    /// When it does not stand there exactly once.
    pub(super) fn apply(&self, text: &str) -> Result<String> {
        let Self { name, file, original, mutated } = self;
        let places = text.matches(original).count();
        ensure!(
            places == 1,
            "\"{name}\": {file} has this {places} times and not once; mend xtask/src/simulate/table.rs:\n{original}"
        );
        Ok(text.replacen(original, mutated, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_safeguard_that_is_to_be_taken_out_is_there() {
        let sh = workspace::shell().unwrap();
        for planted in PLANTED {
            let text = fs::read_to_string(sh.current_dir().join(planted.file)).unwrap();
            let changed = planted.apply(&text).unwrap();
            assert_ne!(changed, text, "{}", planted.name);
        }
    }

    #[test]
    fn what_is_not_there_any_more_is_said() {
        let planted = Planted { name: "forget", file: "a.rs", original: "keep()", mutated: "forget()" };
        assert_eq!(planted.apply("keep();").unwrap(), "forget();");
        let error = planted.apply("").unwrap_err().to_string();
        assert!(error.contains("a.rs has this 0 times") && error.contains("keep()"), "{error}");
    }

    #[test]
    fn only_what_the_simulation_says_counts_as_found() {
        let output = "..\nsimulation: seed 7: panicked at a.rs:1:2:\nu1 is forgotten\n  the trace is above";
        assert_eq!(found(output).unwrap(), "seed 7: panicked at a.rs:1:2: u1 is forgotten");
        assert_eq!(found("error: could not compile"), None);
    }
}
