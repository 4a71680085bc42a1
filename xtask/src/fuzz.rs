//! `cargo xtask fuzz`: the parsers of foreign bytes, driven by libFuzzer.
//!
//! It works on the pinned stable toolchain: LLVM's coverage instrumentation is a pass like any other, and libFuzzer comes
//! with the `libfuzzer-sys` crate. Only the sanitizers, which find what safe Rust cannot have, would need a nightly.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::workspace;

/// Has the compiler count the branches that an input takes, as libFuzzer wants it.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run these targets and no others
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// Only say which targets there are
    #[arg(long)]
    list: bool,
}

/// Builds the targets and runs them one after the other.
///
/// # Errors
/// When an input is found of which something does not hold, that takes 10 s, or that takes a gigabyte of memory.
pub(crate) fn run(sh: &Shell, args: &Args) -> Result<()> {
    let folder = workspace::target_dir(sh).join("fuzz");
    let program = build(sh, &folder)?;
    let names = cmd!(sh, "{program}").env("UPLOAD_FUZZ_LIST", "1").quiet().read()?;
    let known: Vec<&str> = names.lines().collect();
    if args.list {
        println!("{names}");
        return Ok(());
    }
    for wanted in &args.targets {
        ensure!(
            known.contains(&wanted.as_str()),
            "there is no target '{wanted}'; there are {}",
            known.join(", ")
        );
    }
    for name in known {
        if args.targets.is_empty() || args.targets.iter().any(|wanted| wanted == name) {
            fuzz(sh, &folder, &program, name, args.seconds)?;
        }
    }
    Ok(())
}

fn build(sh: &Shell, folder: &Path) -> Result<std::path::PathBuf> {
    // The versions of the workspace, and libFuzzer's crate beside them.
    sh.copy_file("Cargo.lock", "fuzz/Cargo.lock")?;
    // Naming the target keeps the instrumentation out of build scripts and macros.
    let host = cmd!(sh, "rustc --print host-tuple").quiet().read()?;
    cmd!(sh, "cargo build --manifest-path fuzz/Cargo.toml --target {host} --target-dir {folder}")
        .env("RUSTFLAGS", COVERAGE)
        .run()
        .context("libFuzzer's program does not build (libFuzzer is C++ and needs a C++ compiler)")?;
    Ok(folder.join(host).join("debug").join(format!("upload-libfuzzer{}", std::env::consts::EXE_SUFFIX)))
}

/// What was found stays in the corpus, so that the next run goes on from there.
fn fuzz(sh: &Shell, folder: &Path, program: &Path, name: &str, seconds: u32) -> Result<()> {
    let (corpus, failures) = (folder.join("corpus").join(name), folder.join("failures"));
    sh.create_dir(&corpus)?;
    sh.create_dir(&failures)?;
    eprintln!("==> {name}: {seconds} s; what is found is kept in {}", corpus.display());
    let prefix = format!("-artifact_prefix={}/{name}-", failures.display());
    let time = format!("-max_total_time={seconds}");
    let limits = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=65536", "-print_final_stats=1"];
    cmd!(sh, "{program} {prefix} {time} {limits...} {corpus}")
        .env("UPLOAD_FUZZ_TARGET", name)
        .env("UPLOAD_FUZZ_CORPUS", &corpus)
        .run()
        .with_context(|| {
            format!("{name}: the input is in {}; make a unit test of it first", failures.display())
        })
}
