//! Builds and runs every example; they take no arguments and end by themselves.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

/// Runs the examples of every crate, each once.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    for (package, example) in find(sh, &sh.current_dir())? {
        cmd!(sh, "cargo run --locked --quiet -p {package} --example {example}")
            .run()
            .with_context(|| format!("the example '{example}' of {package}"))?;
    }
    Ok(())
}

/// Package and name of every example under `crates`; a package is named like its folder.
fn find(sh: &Shell, root: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for package in sh.read_dir(root.join("crates"))? {
        let folder = package.join("examples");
        if !folder.is_dir() {
            continue;
        }
        for entry in sh.read_dir(&folder)? {
            // Cargo's two forms: `name.rs` and `name/main.rs`. Anything else there is data.
            if entry.extension().is_some_and(|e| e == "rs") || entry.join("main.rs").is_file() {
                found.push((text(package.file_name())?, text(entry.file_stem())?));
            }
        }
    }
    ensure!(!found.is_empty(), "no example found under {}", root.join("crates").display());
    Ok(found)
}

fn text(name: Option<&std::ffi::OsStr>) -> Result<String> {
    Ok(name.and_then(|name| name.to_str()).context("a file name that is not UTF-8")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_example_are_found_and_data_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let sh = Shell::new().unwrap();
        let examples = folder.path().join("crates/one/examples");
        sh.create_dir(folder.path().join("crates/bare")).unwrap();
        assert!(find(&sh, folder.path()).is_err(), "nothing to run must not pass for all run");
        sh.write_file(examples.join("flat.rs"), "").unwrap();
        sh.write_file(examples.join("deep/main.rs"), "").unwrap();
        sh.write_file(examples.join("data.csv"), "").unwrap();
        let found = find(&sh, folder.path()).unwrap();
        assert_eq!(found, [("one".into(), "deep".into()), ("one".into(), "flat".into())]);
    }
}
