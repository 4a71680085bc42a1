//! No Rust file over 400 lines, tests included: past that, it holds more than one subject.

use super::Finding;
use crate::workspace::SourceFile;

const MOST_LINES: usize = 400;

pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let rust = files.iter().filter(|file| file.has_extension("rs"));
    rust.filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > MOST_LINES).then(|| {
            Finding::new(
                &file.path,
                format!("{lines} lines, where {MOST_LINES} are the limit: split it by subject"),
            )
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::test_support::{file, places};

    #[test]
    fn one_line_too_many_is_found_in_rust_files_alone() {
        let long = "\n".repeat(MOST_LINES + 1);
        let files = [file("a.rs", &long), file("b.rs", &"\n".repeat(MOST_LINES)), file("c.md", &long)];
        assert_eq!(places(check(&files)), ["a.rs"]);
    }
}
