use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use upload_proto::IngestKind;

use super::Accepted;

/// The folder below the storage's.
const FOLDER: &str = "ingested";

/// What was taken of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IngestedKind {
    /// The kind's name, such as `sales-df`.
    pub kind: &'static str,
    /// Bodies that were taken.
    pub bodies: u64,
    /// Records in them.
    pub records: u64,
    /// Where the records lie: one a line, as JSON, in the order in which they were taken.
    pub path: PathBuf,
}

/// What was taken so far.
#[derive(Debug)]
pub(crate) struct Ingested {
    root: PathBuf,
    kinds: Mutex<BTreeMap<&'static str, Kept>>,
}

#[derive(Debug)]
struct Kept {
    file: File,
    bodies: u64,
    records: u64,
}

impl Ingested {
    pub(crate) fn new(storage_dir: &Path) -> Self {
        Self { root: storage_dir.join(FOLDER), kinds: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Kept>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn path(&self, kind: IngestKind) -> PathBuf {
        self.root.join(kind.name()).with_extension("ndjson")
    }

    /// Writes records down, all or none. Blocks.
    pub(crate) fn keep(&self, kind: IngestKind, accepted: &Accepted) -> std::io::Result<()> {
        let mut kinds = self.lock();
        let kept = match kinds.entry(kind.name()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                fs::create_dir_all(&self.root)?;
                // What another run left in the same folder is not of this one.
                File::create(self.path(kind))?;
                let file = File::options().append(true).open(self.path(kind))?;
                entry.insert(Kept { file, bodies: 0, records: 0 })
            }
        };
        let before = kept.file.metadata()?.len();
        if let Err(error) = kept.file.write_all(&accepted.lines) {
            kept.file.set_len(before)?;
            return Err(error);
        }
        kept.bodies += 1;
        kept.records += accepted.records;
        Ok(())
    }

    /// How many records of a kind were taken.
    pub(crate) fn records(&self, kind: IngestKind) -> u64 {
        self.lock().get(kind.name()).map_or(0, |kept| kept.records)
    }

    pub(crate) fn list(&self) -> Vec<IngestedKind> {
        let kinds = self.lock();
        let known = IngestKind::ALL.into_iter().filter_map(|kind| Some((kind, kinds.get(kind.name())?)));
        known
            .map(|(kind, kept)| IngestedKind {
                kind: kind.name(),
                bodies: kept.bodies,
                records: kept.records,
                path: self.path(kind),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_and_written_by_kind() {
        let dir = tempfile::tempdir().unwrap();
        let ingested = Ingested::new(dir.path());
        for _ in 0..2 {
            let accepted = Accepted { lines: b"1\n2\n".to_vec(), records: 2 };
            ingested.keep(IngestKind::Sales, &accepted).unwrap();
        }
        assert_eq!((ingested.records(IngestKind::Sales), ingested.records(IngestKind::SalesDf)), (4, 0));
        assert_eq!(fs::read(ingested.path(IngestKind::Sales)).unwrap(), b"1\n2\n1\n2\n");
        let path = dir.path().join("ingested/sales.ndjson");
        assert_eq!(ingested.list(), [IngestedKind { kind: "sales", bodies: 2, records: 4, path }]);
    }
}
