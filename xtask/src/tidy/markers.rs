//! No unfinished work and no lint silenced without a reason.

use super::Finding;
use crate::workspace::SourceFile;

/// This file has to spell what it looks for.
const THIS_FILE: &str = "xtask/src/tidy/markers.rs";
const UNFINISHED: &[&str] = &["FIXME", "TODO", "XXX", "todo!", "unimplemented!"];
const SILENCERS: &[&str] = &["[allow(", "[expect("];

pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let others = files.iter().filter(|file| file.path != THIS_FILE);
    others.flat_map(|file| unfinished(file).chain(silenced(file))).collect()
}

fn unfinished(file: &SourceFile) -> impl Iterator<Item = Finding> {
    file.text.lines().enumerate().filter_map(|(index, line)| {
        let marker = UNFINISHED.iter().find(|marker| has_word(line, marker))?;
        Some(Finding::at_line(&file.path, index + 1, format!("'{marker}': finish it, or drop it")))
    })
}

/// Whether the word stands in the line with no letter, digit or underscore beside it.
fn has_word(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(joins) && (word.ends_with('!') || !after.is_some_and(joins))
    })
}

fn silenced(file: &SourceFile) -> impl Iterator<Item = Finding> {
    let text = if file.has_extension("rs") { file.text.as_str() } else { "" };
    SILENCERS.iter().flat_map(move |opening| text.match_indices(opening)).filter_map(|(at, opening)| {
        let attribute = text[at..].split(")]").next().unwrap_or_default();
        if !text[..at].ends_with(['#', '!']) || attribute.contains("reason") {
            return None;
        }
        let line = text[..at].lines().count();
        Some(Finding::at_line(&file.path, line, format!("`#{opening}` without `reason = \"…\"`")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::test_support::{file, places};

    #[test]
    fn unfinished_work_is_found_in_every_kind_of_file() {
        let files = [
            file("a.rs", "fn f() {\n    todo!()\n}\n"),
            file("b.md", "fine\nTODO: write\n"),
            file(".ci/run", "# FIXME"),
            file("c.rs", "let TODOS = MY_TODO; // XXXL"),
        ];
        assert_eq!(places(check(&files)), ["a.rs:2", "b.md:2", ".ci/run:1"]);
    }

    #[test]
    fn a_silenced_lint_needs_its_reason_even_when_the_attribute_is_broken_up() {
        let files = [
            file("a.rs", "//! x\n#![allow(dead_code)]\n"),
            file("b.rs", "#[allow(\n    dead_code,\n    unused\n)]\nfn f() {}\n"),
            file("c.rs", "#[expect(dead_code)]"),
            file("d.rs", "#[allow(\n    dead_code,\n    reason = \"kept for the ABI\"\n)]\nfn f() {}\n"),
            file("e.md", "never write `#[allow(x)]`"),
        ];
        assert_eq!(places(check(&files)), ["a.rs:2", "b.rs:1", "c.rs:1"]);
    }
}
