//! `cargo xtask tidy`: the rules that keep the code easy to find one's way in; one file per rule.

mod dependencies;
mod documentation;
mod file_length;
mod links;
mod markers;
mod registry_hosts;

use std::fmt;

use anyhow::{Result, bail};
use xshell::Shell;

use crate::workspace;

pub(crate) use documentation::command as document;

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// A path with its line, or a package.
    place: String,
    /// What is wrong there and what to do.
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    fn at_line(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self::new(format!("{path}:{line}"), message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Runs every check and prints every finding.
///
/// # Errors
/// When there is at least one finding, or a check could not run.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let files = workspace::source_files(sh)?;
    let mut findings = file_length::check(&files);
    findings.extend(markers::check(&files));
    findings.extend(registry_hosts::check(&files));
    findings.extend(links::check(&files));
    findings.extend(dependencies::check(sh)?);
    findings.extend(documentation::check(sh)?);
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("1 place is not tidy"),
        count => bail!("{count} places are not tidy"),
    }
}

#[cfg(test)]
mod test_support {
    use crate::workspace::SourceFile;

    pub(super) fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.into(), text: text.into() }
    }

    pub(super) fn places(findings: Vec<super::Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.place).collect()
    }
}
