//! What must hold of the command's own parsers; see the crate `upload-fuzz`.

#![allow(clippy::expect_used, reason = "a property that does not hold must stop the test")]

mod command_line;
mod files;
mod records;
mod workbooks;

use upload_fuzz::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    command_line::VALUES,
    command_line::FAULT,
    files::CONFIG,
    files::SESSION,
    files::MANIFEST,
    records::CSV,
    records::NDJSON,
    records::CHECK,
    workbooks::WORKBOOK,
    workbooks::SHEET,
];

/// Gives a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(7);
        self.0.read(&mut buffer[..count])
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_the_command_reads_holds() {
        upload_fuzz::try_all(super::TARGETS);
    }
}
