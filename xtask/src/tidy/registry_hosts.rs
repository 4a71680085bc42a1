//! No package registry by its host: which one serves a build is the machine's business, and may be a mirror.

use std::path::Path;

use super::Finding;
use crate::workspace::SourceFile;

/// Cargo itself writes its default registry into files of this name.
const LOCK_FILE: &str = "Cargo.lock";

/// Registrable names, in pieces so that this file does not name them either.
const HOSTS: &[(&str, &str)] = &[
    ("crates", "io"),
    ("debian", "org"),
    ("golang", "org"),
    ("npmjs", "com"),
    ("npmjs", "org"),
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("rubygems", "org"),
    ("ubuntu", "com"),
];

pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let hosts: Vec<String> = HOSTS.iter().map(|(name, top)| format!("{name}.{top}")).collect();
    let mut findings = Vec::new();
    let is_lock_file =
        |file: &SourceFile| Path::new(&file.path).file_name().is_some_and(|name| name == LOCK_FILE);
    for file in files.iter().filter(|file| !is_lock_file(file)) {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
                let message = format!("names the registry host {host}: leave it to the machine's settings");
                findings.push(Finding::at_line(&file.path, index + 1, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::test_support::{file, places};

    #[test]
    fn each_host_is_found_anywhere_but_in_the_lock_file() {
        for (name, top) in HOSTS {
            let text = format!("first\nsee https://static.{name}.{top}/x\n");
            let files =
                ["a.md", LOCK_FILE, "inner/Cargo.lock", "NotCargo.lock"].map(|path| file(path, &text));
            assert_eq!(places(check(&files)), ["a.md:2", "NotCargo.lock:2"]);
        }
        assert!(check(&[file("a.md", "the default registry")]).is_empty());
    }
}
