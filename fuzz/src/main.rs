//! One program for all targets: `UPLOAD_FUZZ_TARGET` names the one to run, and its documents go into the folder that
//! `UPLOAD_FUZZ_CORPUS` names before libFuzzer reads it.

#![no_main]

use std::{env, fs, path::Path, sync::OnceLock};

use libfuzzer_sys::fuzz_target;
use upload_fuzz::Target;

static CHOSEN: OnceLock<Target> = OnceLock::new();

fn all() -> impl Iterator<Item = Target> {
    [upload_fuzz::PUBLIC, upload_http::fuzzing::TARGETS, upload_cli::fuzzing::TARGETS]
        .into_iter()
        .flatten()
        .copied()
}

fn choose() -> Target {
    if env::var_os("UPLOAD_FUZZ_LIST").is_some() {
        all().for_each(|target| println!("{}", target.name));
        std::process::exit(0);
    }
    let variable =
        |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is set by `cargo xtask fuzz`"));
    let name = variable("UPLOAD_FUZZ_TARGET");
    let target = all().find(|target| target.name == name).expect("it is one of the list");
    let corpus = variable("UPLOAD_FUZZ_CORPUS");
    for (number, seed) in (target.seeds)().iter().enumerate() {
        fs::write(Path::new(&corpus).join(format!("seed-{number}")), seed)
            .expect("the corpus folder can be written to");
    }
    target
}

fuzz_target!(
    init: { CHOSEN.get_or_init(choose); },
    |bytes: &[u8]| (CHOSEN.get_or_init(choose).check)(bytes)
);
