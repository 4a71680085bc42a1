//! Packages and their customer lists.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;
use upload_proto::PackageStatus;

/// The id of the package that every sandbox has from the start.
pub const DEMO_PACKAGE: &str = "demo";
/// How many customers it has.
const DEMO_ROWS: u32 = 5000;

/// A package as it is put into a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxPackage {
    /// Its customer list.
    pub csv: Bytes,
    /// How often it is asked for before it comes to its end: first `INITIALIZING`, then `INPROGRESS`.
    pub polls: u32,
    /// Its end: `DONE`, `FAILED` or `EXPIRED`. Only one that is done has a list.
    pub end: PackageStatus,
}

impl SandboxPackage {
    /// A package that is done.
    #[must_use]
    pub fn done(csv: impl Into<Bytes>) -> Self {
        Self { csv: csv.into(), polls: 0, end: PackageStatus::Done }
    }
}

/// A list as it is downloaded.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) csv: Bytes,
    /// Without quotes; another for every list there ever was.
    pub(crate) etag: String,
    /// To the second, as HTTP dates are.
    pub(crate) modified: SystemTime,
}

/// All packages, by id.
#[derive(Debug)]
pub(crate) struct Packages(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    packages: BTreeMap<String, Package>,
    lists: u64,
}

#[derive(Debug)]
struct Package {
    list: List,
    polls_left: u32,
    asked: bool,
    end: PackageStatus,
}

impl Packages {
    pub(crate) fn new() -> Self {
        let packages = Self(Mutex::default());
        packages.put(DEMO_PACKAGE, SandboxPackage { polls: 1, ..SandboxPackage::done(customers(DEMO_ROWS)) });
        packages
    }

    /// Puts a package there, in the place of one of the same id.
    pub(crate) fn put(&self, id: &str, package: SandboxPackage) {
        let mut state = self.state();
        state.lists += 1;
        let SandboxPackage { csv, polls, end } = package;
        let list = List { etag: format!("list-{}", state.lists), csv, modified: SystemTime::now() };
        state.packages.insert(id.to_owned(), Package { list, polls_left: polls, asked: false, end });
    }

    /// How far a package has come. Asking brings it one step on.
    pub(crate) fn status(&self, id: &str) -> Option<PackageStatus> {
        let mut state = self.state();
        let package = state.packages.get_mut(id)?;
        let first = !std::mem::replace(&mut package.asked, true);
        if package.polls_left == 0 {
            return Some(package.end.clone());
        }
        package.polls_left -= 1;
        Some(if first { PackageStatus::Initializing } else { PackageStatus::InProgress })
    }

    /// Its list; `Err` with what it is instead of done.
    pub(crate) fn list(&self, id: &str) -> Option<Result<List, PackageStatus>> {
        let state = self.state();
        let package = state.packages.get(id)?;
        Some(match (&package.end, package.polls_left) {
            (PackageStatus::Done, 0) => Ok(package.list.clone()),
            (end, 0) => Err(end.clone()),
            _ => Err(PackageStatus::InProgress),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A list of so many customers who do not exist.
fn customers(rows: u32) -> String {
    const NAMES: [&str; 5] = ["Ada", "Grace", "Katherine", "Radia", "Barbara"];
    let mut csv = String::from("customer_id,first_name,email,city,last_visit\n");
    for (row, name) in (1..=rows).zip(NAMES.iter().cycle()) {
        let day = row % 28 + 1;
        let _cannot_fail = writeln!(csv, "{row},{name},customer{row}@example.com,Berlin,2026-06-{day:02}");
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_takes_its_steps_and_only_a_done_one_has_a_list() {
        let packages = Packages::new();
        packages.put("p", SandboxPackage { polls: 2, ..SandboxPackage::done("a\n1\n") });
        assert!(packages.list("p").unwrap().is_err());
        let steps: Vec<_> = (0..4).map(|_| packages.status("p").unwrap().as_str().to_owned()).collect();
        assert_eq!(steps, ["INITIALIZING", "INPROGRESS", "DONE", "DONE"]);
        let first = packages.list("p").unwrap().unwrap().etag;
        packages.put("p", SandboxPackage::done("a\n1\n"));
        assert_ne!(packages.list("p").unwrap().unwrap().etag, first, "another list, another ETag");
        packages.put("p", SandboxPackage { end: PackageStatus::Failed, ..SandboxPackage::done("") });
        assert_eq!(packages.list("p").unwrap().unwrap_err(), PackageStatus::Failed);
        assert!(packages.status("q").is_none() && packages.list("q").is_none());
    }
}
