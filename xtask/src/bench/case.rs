//! What is measured.

use clap::ValueEnum;

use super::{MIB, client::Client, data::Kind};

/// One comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Case {
    /// One large file over plain HTTP
    File,
    /// One large file over TLS
    Tls,
    /// 1,000 files of 64 KiB
    Small,
    /// A file of one byte
    Byte,
    /// Parts compared with their ETags, and not
    Verify,
    /// The same over TLS
    VerifyTls,
    /// Standard input
    Stdin,
    /// Eight files at once
    Eight,
    /// Sparse files of 1 to 64 GiB, our client alone
    Linear,
    /// Slow and long links, with and without slow connections
    Links,
}

/// What a cost is told for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Gib,
    File,
    Run,
}

/// One line of a table: a client and what it is given.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) client: Client,
    /// What tells it from other lines of the same client.
    pub(super) note: Option<String>,
    pub(super) data: Kind,
    /// Options of our own client.
    pub(super) options: Vec<String>,
}

impl Row {
    pub(super) fn name(&self) -> String {
        match &self.note {
            Some(note) => format!("{}, {note}", self.client.name()),
            None => self.client.name().into(),
        }
    }
}

impl Case {
    /// Those measured when none is chosen: each of the two others takes as long as all of these.
    pub(super) fn usual() -> Vec<Self> {
        let is_usual = |case: &Self| !matches!(case, Self::Linear | Self::Links);
        Self::value_variants().iter().copied().filter(is_usual).collect()
    }

    pub(super) fn title(self, bytes: u64) -> String {
        let size = size_text(bytes);
        match self {
            Self::File => format!("{size}, plain HTTP"),
            Self::Tls => format!("{size}, TLS"),
            Self::Small => "1,000 files of 64 KiB, plain HTTP".into(),
            Self::Byte => "1 byte, plain HTTP".into(),
            Self::Verify => format!("{size}, `--verify etag` and `none`, plain HTTP"),
            Self::VerifyTls => format!("{size}, `--verify etag` and `none`, TLS"),
            Self::Stdin => format!("{size} of standard input, plain HTTP"),
            Self::Eight => format!("8 files of {}, plain HTTP", size_text(bytes / 8)),
            Self::Linear => "Sparse files, plain HTTP".into(),
            Self::Links => "Links".into(),
        }
    }

    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Small => Unit::File,
            Self::Byte => Unit::Run,
            _ => Unit::Gib,
        }
    }

    /// The sandbox's options.
    pub(super) fn server_options(self) -> Vec<String> {
        let options: &[&str] = match self {
            Self::Tls => &["--storage", "null", "--tls"],
            Self::Verify => &["--storage", "null", "--null-etag", "md5"],
            Self::VerifyTls => &["--storage", "null", "--null-etag", "md5", "--tls"],
            _ => &["--storage", "null"],
        };
        options.iter().map(ToString::to_string).collect()
    }

    pub(super) fn rows(self, size: u64) -> Vec<Row> {
        let row = |client, data| Row { client, note: None, data, options: self.options() };
        let ours = |note: &str, data, options: &[&str]| Row {
            client: Client::Upload,
            note: Some(note.into()),
            data,
            options: self.options().into_iter().chain(options.iter().map(ToString::to_string)).collect(),
        };
        let all = |data: Kind, floor: &[Client]| {
            floor.iter().chain(Client::COMPARED).map(|client| row(*client, data)).collect()
        };
        match self {
            Self::File => all(Kind::Large { size }, &[Client::Sendfile, Client::Hyper]),
            Self::Tls => all(Kind::Large { size }, &[Client::Rustls]),
            Self::Small => all(Kind::SMALL, &[Client::Hyper]),
            Self::Byte => all(Kind::Byte, &[Client::Hyper]),
            Self::Eight => all(Kind::Eight { size: size / 8 }, &[Client::Hyper]),
            Self::Stdin => {
                Client::STREAMING.iter().map(|client| row(*client, Kind::Stdin { size })).collect()
            }
            Self::Verify | Self::VerifyTls => {
                ["none", "etag"].map(|how| ours(how, Kind::Large { size }, &["--verify", how])).into()
            }
            Self::Linear => [1, 4, 16, 64]
                .map(|gib| {
                    let size = gib * 1024 * MIB;
                    ours(&size_text(size), Kind::Sparse { size }, &[])
                })
                .into(),
            // They have a table of their own.
            Self::Links => Vec::new(),
        }
    }

    fn options(self) -> Vec<String> {
        let options: &[&str] = match self {
            // A call of the API for each: at the platform's pace, that would be all one sees.
            Self::Small => &["--api-budget", "off"],
            Self::Byte => &[],
            _ => &["--type", "bench"],
        };
        options.iter().map(ToString::to_string).collect()
    }
}

/// In the largest unit that divides it.
pub(super) fn size_text(bytes: u64) -> String {
    let gib = 1024 * MIB;
    if bytes.is_multiple_of(gib) { format!("{} GiB", bytes / gib) } else { format!("{} MiB", bytes / MIB) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_rows_of_different_names_and_ours_among_them() {
        for case in Case::value_variants().iter().filter(|case| **case != Case::Links) {
            let rows = case.rows(2048 * MIB);
            let mut names: Vec<_> = rows.iter().map(Row::name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), rows.len(), "{case:?}");
            assert!(rows.iter().any(|row| row.client == Client::Upload), "{case:?}");
        }
    }

    #[test]
    fn sizes_are_told_in_whole_units() {
        assert_eq!(size_text(2048 * MIB), "2 GiB");
        assert_eq!(size_text(256 * MIB), "256 MiB");
    }
}
