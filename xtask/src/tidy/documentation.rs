//! Every public item is documented. rustdoc decides which those are.

use anyhow::{Result, bail};
use xshell::{Cmd, Shell, cmd};

use super::Finding;

/// Documents the workspace with every warning and every undocumented item an error.
///
/// `unreachable_pub` is on in the whole workspace, so a `pub` that rustdoc cannot reach does not pass clippy.
pub(crate) fn command(sh: &Shell) -> Cmd<'_> {
    cmd!(sh, "cargo doc --workspace --no-deps --message-format short")
        .env("RUSTDOCFLAGS", "-D warnings -D missing_docs")
}

pub(super) fn check(sh: &Shell) -> Result<Vec<Finding>> {
    let output = command(sh).quiet().ignore_status().output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let findings = undocumented(&stderr);
    if findings.is_empty() && !output.status.success() {
        bail!("the documentation does not build:\n{stderr}");
    }
    Ok(findings)
}

/// Picks the undocumented items out of the short form, `path:line:column: error: missing documentation for …`.
fn undocumented(stderr: &str) -> Vec<Finding> {
    let pick = |line: &str| {
        let (place, message) = line.split_once(": error: ").or_else(|| line.split_once(": warning: "))?;
        message.starts_with("missing documentation").then(|| Finding::new(place, message))
    };
    let mut findings: Vec<Finding> = stderr.lines().filter_map(pick).collect();
    // The compiler may warn of an item that rustdoc refuses in the next moment.
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    findings.dedup();
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A whole crate of its own, so that rustdoc's verdict is tested and not our idea of it.
    fn check_crate(code: &str) -> Result<Vec<Finding>> {
        let folder = tempfile::tempdir().unwrap();
        let sh = Shell::new().unwrap();
        sh.change_dir(folder.path());
        sh.write_file("Cargo.toml", "[package]\nname = \"planted\"\nedition = \"2024\"\n[workspace]\n")
            .unwrap();
        sh.write_file("src/lib.rs", code).unwrap();
        sh.set_var("CARGO_TARGET_DIR", folder.path().join("target"));
        check(&sh)
    }

    #[test]
    fn an_undocumented_item_is_found_where_it_stands() {
        let found =
            check_crate("//! A crate.\n/// One.\npub struct One;\nimpl One {\n    pub fn two() {}\n}\n")
                .unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].place.starts_with("src/lib.rs:5"), "{found:?}");
    }

    #[test]
    fn an_item_that_compiler_and_rustdoc_both_name_is_one_finding() {
        let place = "src/lib.rs:5:1";
        let said = "missing documentation for a constant";
        let stderr =
            format!("{place}: warning: {said}\n{place}: error: {said}\nwarning: 1 warning emitted\n");
        assert_eq!(undocumented(&stderr), [Finding::new(place, said)]);
    }

    #[test]
    fn documented_code_passes_and_broken_code_is_no_pass() {
        assert_eq!(check_crate("//! A crate.\n/// One.\npub struct One;\n").unwrap(), []);
        assert!(check_crate("//! A crate.\nfn").is_err());
    }
}
