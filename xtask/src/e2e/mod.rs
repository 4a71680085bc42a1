//! `cargo xtask e2e`: the whole-flow tests, with the sandbox's own storage or in front of a real S3.

mod install;
mod store;

use std::fmt;

use anyhow::{Context, Result};
use clap::ValueEnum;
use xshell::{Shell, cmd};

use self::store::Store;
use crate::workspace;

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

/// The store cannot be had on this machine, which says nothing about the code: a failure of its own kind.
#[derive(Debug)]
pub(crate) struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store cannot be had on this machine, and nothing was run in front of it")
    }
}

/// Installs what is missing, starts the store, runs the tests against it, and stops it, whatever happens.
///
/// # Errors
/// When a test fails; [`Unavailable`] when the store or the second client cannot be installed or started.
pub(crate) fn run(sh: &Shell, args: &Args) -> Result<()> {
    // The same build as that of all tests, which CI wants anyway: it makes the command under test as well.
    cmd!(sh, "cargo test --locked --workspace --no-run").run()?;
    let filter = args.filter.as_slice();
    if args.s3 == Kind::Sandbox {
        cmd!(sh, "cargo test --locked --workspace --test e2e -- {filter...}").run()?;
        return Ok(());
    }
    let python = install::python(sh).context(Unavailable)?;
    let store = start(sh, args.s3).context(Unavailable)?;
    eprintln!("==> every flow, relayed to the store, and our client straight against it");
    // Ignored elsewhere is what needs a real S3: here nothing is.
    cmd!(sh, "cargo test --locked --workspace --test e2e -- --include-ignored {filter...}")
        .envs(store.settings())
        .env("UPLOAD_E2E_PYTHON", python)
        .run()
        .with_context(|| format!("a flow fails in front of {:?}", args.s3))
}

fn start(sh: &Shell, kind: Kind) -> Result<Store> {
    let script = |name: &str| sh.current_dir().join("xtask/stores").join(name);
    let data = sh.create_dir(workspace::target_dir(sh).join("stores"))?;
    match kind {
        Kind::Garage => {
            let garage = install::garage(sh)?;
            Store::start(&script("garage.sh"), &data, Some(&garage), 3)
        }
        _ => {
            install::ceph(sh)?;
            Store::start(&script("ceph.sh"), &data, None, 3)
        }
    }
}
