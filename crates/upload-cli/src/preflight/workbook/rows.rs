/// Which rows of a sheet have content, as far as it matters: any, and more than one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SheetRows {
    /// The first and the last of them, from 0.
    seen: Option<(u32, u32)>,
}

impl SheetRows {
    /// Notes a cell with content in this row, counted from 0.
    pub(super) fn see(&mut self, row: u32) {
        let (first, last) = self.seen.unwrap_or((row, row));
        self.seen = Some((first.min(row), last.max(row)));
    }

    /// The header row, counted from 1 as people do.
    pub(super) fn header(self) -> Option<u64> {
        self.seen.map(|(first, _)| u64::from(first) + 1)
    }

    /// Whether there is a row below the header.
    pub(super) fn has_data(self) -> bool {
        self.seen.is_some_and(|(first, last)| last > first)
    }
}
