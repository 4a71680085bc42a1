//! `cargo xtask e2e`: the whole-flow tests, with the sandbox's own storage or in front of a real S3.

mod install;
mod store;

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use xshell::{Shell, cmd};

use self::store::Store;

/// What a test is called, somewhere in its path, that needs the sandbox's own storage.
const BUILT_IN: &str = "built_in";
/// Where the tests lie that need a real S3; everywhere else they are ignored.
const REAL_STORE: &str = "store::";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What keeps the objects
    #[arg(long, value_enum, value_name = "STORE", default_value_t = Kind::Sandbox)]
    s3: Kind,
    /// Run the tests whose names contain this, and no others
    filter: Option<String>,
}

/// What keeps the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The sandbox's own storage
    Sandbox,
    /// Ceph's S3 gateway, from Debian's packages; needs root
    Ceph,
    /// Garage, built by Cargo; its first time takes 10 to 20 minutes
    Garage,
}

/// Installs what is missing, starts the store, runs the tests against it, and stops it, whatever happens.
///
/// # Errors
/// When a test fails, or the store cannot be had.
pub(crate) fn run(sh: &Shell, args: &Args) -> Result<()> {
    // The same build as that of all tests, which CI wants anyway: it makes the command under test as well.
    cmd!(sh, "cargo test --locked --workspace --no-run").run()?;
    let filter = args.filter.as_slice();
    if args.s3 == Kind::Sandbox {
        cmd!(sh, "cargo test --locked --workspace --test e2e -- {filter...}").run()?;
        return Ok(());
    }
    let python = install::python(sh)?;
    let store = start(sh, args.s3)?;
    let settings = store.settings();
    flows(sh, settings, filter)?;
    own_tests(sh, settings, &python, filter)
}

fn start(sh: &Shell, kind: Kind) -> Result<Store> {
    let script = |name: &str| sh.current_dir().join("xtask/stores").join(name);
    match kind {
        Kind::Garage => {
            let garage = install::garage(sh)?;
            Store::start(&script("garage.sh"), Some(&garage), 3)
        }
        _ => {
            install::ceph(sh)?;
            Store::start(&script("ceph.sh"), None, 3)
        }
    }
}

/// Every flow, relayed to the store by the sandbox.
fn flows(sh: &Shell, settings: &BTreeMap<String, String>, filter: &[String]) -> Result<()> {
    eprintln!("==> the flows, relayed to {}", settings.get("UPLOAD_E2E_S3").map_or("?", String::as_str));
    let listed =
        cmd!(sh, "cargo test --locked --workspace --test e2e -- --list").quiet().ignore_stderr().read()?;
    let skipped = names(&listed, BUILT_IN);
    for name in &skipped {
        eprintln!("skipped, it needs the sandbox's own storage: {name}");
    }
    eprintln!("{} skipped", skipped.len());
    cmd!(sh, "cargo test --locked --workspace --test e2e -- --skip {BUILT_IN} {filter...}")
        .envs(settings)
        .run()
        .context("a flow fails on this store")
}

/// The tests that are about the store itself: the client talks to it without anything between.
fn own_tests(
    sh: &Shell,
    settings: &BTreeMap<String, String>,
    python: &PathBuf,
    filter: &[String],
) -> Result<()> {
    eprintln!("==> our client and the store, with nothing between");
    let listed = cmd!(sh, "cargo test --locked --workspace --test e2e -- --list --ignored").quiet();
    let listed = listed.ignore_stderr().read()?;
    ensure!(!names(&listed, REAL_STORE).is_empty(), "no test named {REAL_STORE}… is ignored by default");
    let chosen = if filter.is_empty() { vec![REAL_STORE.to_owned()] } else { filter.to_vec() };
    cmd!(sh, "cargo test --locked --workspace --test e2e -- --ignored {chosen...}")
        .envs(settings)
        .env("UPLOAD_E2E_PYTHON", python)
        .run()
        .context("our client and this store do not get on")
}

/// The tests of a listing whose path contains `part`.
fn names<'a>(listing: &'a str, part: &str) -> Vec<&'a str> {
    let tests = listing.lines().filter_map(|line| line.strip_suffix(": test"));
    tests.filter(|name| name.contains(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_by_a_part_of_their_path() {
        let listing =
            "bytes::whole: test\nstore::expired: test\nstore::built_in_only: test\n\n3 tests, 0 benchmarks\n";
        assert_eq!(names(listing, REAL_STORE), ["store::expired", "store::built_in_only"]);
        assert_eq!(names(listing, BUILT_IN), ["store::built_in_only"]);
    }
}
