//! What must hold of every parser of foreign bytes, as [`Target`]s, and how tests try them.
//!
//! A target is a parser's properties and some documents it accepts. Two engines feed it: [`try_all`], which every test
//! run can afford, gives it documents that were damaged at random and minimises what fails; `cargo xtask fuzz` gives it to
//! libFuzzer, which follows the branches that an input reaches. This crate has the targets of what is public;
//! the `fuzzing` modules of `upload-http` and `upload-cli` have those of parsers that are not.

#![allow(clippy::expect_used, reason = "a property that does not hold must stop the test")]

mod edit;
mod journal;
mod proto;

use std::fmt::Debug;

use proptest::{prelude::*, test_runner::TestRunner};

use self::edit::Edit;

/// A parser with what must hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, for `cargo xtask fuzz NAME`.
    pub name: &'static str,
    /// Documents that it accepts, to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Panics when something does not hold of these bytes.
    pub check: fn(&[u8]),
}

/// The targets of what is public.
pub const PUBLIC: &[Target] =
    &[proto::ANSWERS, proto::PRESIGNED_URL, proto::TEXTS, journal::JOURNAL, journal::RESCUE];

/// Documents out of texts.
#[must_use]
pub fn documents(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Tries each target with its documents as they are, damaged, and with bytes at random: 256 of each, or as many as
/// the environment says in `PROPTEST_CASES`.
///
/// # Panics
/// With the smallest inputs found of which something does not hold.
pub fn try_all(targets: &[Target]) {
    let failures: Vec<String> = targets.iter().filter_map(|target| try_one(target).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn try_one(target: &Target) -> Result<(), String> {
    let seeds = (target.seeds)();
    seeds.iter().for_each(|seed| (target.check)(seed));
    let damaged = (any::<prop::sample::Index>(), proptest::collection::vec(any::<Edit>(), 1..6));
    let damaged = damaged.prop_map(|(which, edits)| {
        let start = which.get(&seeds).clone();
        edits.iter().fold(start, |bytes, edit| edit.of(bytes, &seeds))
    });
    feed(target, damaged.prop_map(Input))?;
    feed(target, proptest::collection::vec(any::<u8>(), 0..64).prop_map(Input))
}

fn feed(target: &Target, inputs: impl Strategy<Value = Input>) -> Result<(), String> {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let tried = TestRunner::new(config).run(&inputs, |Input(bytes)| {
        (target.check)(&bytes);
        Ok(())
    });
    tried.map_err(|error| format!("{}: {error}", target.name))
}

/// Bytes that a failing test prints as a literal to make a unit test of.
#[derive(Clone)]
struct Input(Vec<u8>);

impl Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public_holds() {
        try_all(PUBLIC);
    }

    #[test]
    #[should_panic(expected = "picky")]
    fn a_flaw_behind_one_byte_of_a_document_is_found() {
        let check = |bytes: &[u8]| assert!(!bytes.starts_with(b"{\"a\":1") || bytes.ends_with(b"}"));
        try_all(&[Target { name: "picky", seeds: || documents(&["{\"a\":1}"]), check }]);
    }
}
